import { Camera, Heart, Icon, icons, LoaderCircle, Menu } from "lucide-react";
import { DynamicIcon } from "lucide-react/dynamic";

export default function Icons() {
  const Named = icons.Anchor;
  return (
    <>
      <Camera />
      <Heart color="red" size={48} strokeWidth={1} absoluteStrokeWidth fill="currentColor" />
      <LoaderCircle className="spin" aria-label="loading" />
      <Menu><title>Menu</title></Menu>
      <Named size="1em" />
      <Icon iconNode={[["path", { d: "M1 1h2", key: "a" }]]} />
      <DynamicIcon name="beer" />
    </>
  );
}
