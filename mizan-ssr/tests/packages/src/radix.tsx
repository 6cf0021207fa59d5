import {
  Accordion, AspectRatio, Avatar, Checkbox, Collapsible, Dialog, DropdownMenu, Form, HoverCard, Label, Menubar, NavigationMenu, Popover, Progress,
  RadioGroup, ScrollArea, Select, Separator, Slider, Slot, Switch, Tabs, Toast, Toggle, ToggleGroup, Toolbar, Tooltip, VisuallyHidden,
} from "radix-ui";

export default function Radix() {
  return (
    <Tooltip.Provider delayDuration={0}>
      <Dialog.Root>
        <Dialog.Trigger className="button">Edit</Dialog.Trigger>
        <Dialog.Portal><Dialog.Overlay /><Dialog.Content><Dialog.Title>Edit</Dialog.Title></Dialog.Content></Dialog.Portal>
      </Dialog.Root>
      <Dialog.Root defaultOpen modal={false}>
        <Dialog.Content aria-describedby={undefined}><Dialog.Title>Open</Dialog.Title><Dialog.Close>x</Dialog.Close></Dialog.Content>
      </Dialog.Root>
      <Tabs.Root defaultValue="b">
        <Tabs.List aria-label="letters"><Tabs.Trigger value="a">A</Tabs.Trigger><Tabs.Trigger value="b">B</Tabs.Trigger></Tabs.List>
        <Tabs.Content value="a">first</Tabs.Content>
        <Tabs.Content value="b">second</Tabs.Content>
      </Tabs.Root>
      <Accordion.Root type="multiple" defaultValue={["one"]}>
        {["one", "two"].map((value) => (
          <Accordion.Item key={value} value={value}>
            <Accordion.Header><Accordion.Trigger>{value}</Accordion.Trigger></Accordion.Header>
            <Accordion.Content>what {value} holds</Accordion.Content>
          </Accordion.Item>
        ))}
      </Accordion.Root>
      <Form.Root>
        <Form.Field name="fruit">
          <Form.Label>Fruit</Form.Label>
          <Form.Control required />
          <Form.Message match="valueMissing">Choose</Form.Message>
          <Select.Root name="fruit" defaultValue="pear">
            <Select.Trigger aria-label="fruit"><Select.Value placeholder="Choose" /><Select.Icon /></Select.Trigger>
            <Select.Portal>
              <Select.Content><Select.Viewport><Select.Item value="pear"><Select.ItemText>Pear</Select.ItemText></Select.Item></Select.Viewport></Select.Content>
            </Select.Portal>
          </Select.Root>
          <Checkbox.Root defaultChecked id="c"><Checkbox.Indicator>✓</Checkbox.Indicator></Checkbox.Root>
          <Label.Root htmlFor="c">Ripe</Label.Root>
          <Switch.Root name="sweet" defaultChecked><Switch.Thumb /></Switch.Root>
          <RadioGroup.Root name="size" defaultValue="m"><RadioGroup.Item value="s" /><RadioGroup.Item value="m"><RadioGroup.Indicator /></RadioGroup.Item></RadioGroup.Root>
          <Slider.Root name="sugar" defaultValue={[20, 60]}><Slider.Track><Slider.Range /></Slider.Track><Slider.Thumb /><Slider.Thumb /></Slider.Root>
        </Form.Field>
        <Form.Submit>Send</Form.Submit>
      </Form.Root>
      <Tooltip.Root defaultOpen><Tooltip.Trigger>?</Tooltip.Trigger><Tooltip.Portal><Tooltip.Content>Help</Tooltip.Content></Tooltip.Portal></Tooltip.Root>
      <HoverCard.Root><HoverCard.Trigger href="/a">card</HoverCard.Trigger></HoverCard.Root>
      <Popover.Root><Popover.Anchor /><Popover.Trigger>pop</Popover.Trigger></Popover.Root>
      <DropdownMenu.Root><DropdownMenu.Trigger asChild><button>menu</button></DropdownMenu.Trigger></DropdownMenu.Root>
      <Menubar.Root><Menubar.Menu value="file"><Menubar.Trigger>File</Menubar.Trigger></Menubar.Menu></Menubar.Root>
      <NavigationMenu.Root>
        <NavigationMenu.List>
          <NavigationMenu.Item><NavigationMenu.Trigger>Docs</NavigationMenu.Trigger><NavigationMenu.Content>c</NavigationMenu.Content></NavigationMenu.Item>
          <NavigationMenu.Item><NavigationMenu.Link href="/blog" active>Blog</NavigationMenu.Link></NavigationMenu.Item>
        </NavigationMenu.List>
        <NavigationMenu.Viewport forceMount />
      </NavigationMenu.Root>
      <Avatar.Root><Avatar.Image src="/a.png" alt="" /><Avatar.Fallback>A</Avatar.Fallback></Avatar.Root>
      <Collapsible.Root defaultOpen><Collapsible.Trigger>c</Collapsible.Trigger><Collapsible.Content>d</Collapsible.Content></Collapsible.Root>
      <Progress.Root value={30} max={60}><Progress.Indicator /></Progress.Root>
      <ScrollArea.Root type="always"><ScrollArea.Viewport>v</ScrollArea.Viewport><ScrollArea.Scrollbar orientation="vertical"><ScrollArea.Thumb /></ScrollArea.Scrollbar></ScrollArea.Root>
      <ToggleGroup.Root type="single" defaultValue="l"><ToggleGroup.Item value="l">L</ToggleGroup.Item></ToggleGroup.Root>
      <Toolbar.Root><Toolbar.Button>b</Toolbar.Button><Toolbar.Separator /><Toolbar.Link href="#">l</Toolbar.Link></Toolbar.Root>
      <Toggle.Root pressed>t</Toggle.Root>
      <Slot.Root className="slot"><a href="/s" className="own">s</a></Slot.Root>
      <AspectRatio.Root ratio={16 / 9} />
      <Separator.Root decorative orientation="vertical" />
      <VisuallyHidden.Root>hidden</VisuallyHidden.Root>
      <Toast.Provider><Toast.Root open><Toast.Title>Saved</Toast.Title></Toast.Root><Toast.Viewport /></Toast.Provider>
    </Tooltip.Provider>
  );
}
