import type { ReactNode } from "react";
import { createGlobalStyle, styled } from "styled-components";
import { More } from "../More";

const Globals = createGlobalStyle`body { margin: 19px; }`;
const Title = styled.h1`
  color: rgb(120, 0, 200);
  text-decoration: underline;
`;
const Box = styled.div<{ $wide: boolean }>`
  width: ${({ $wide }) => ($wide ? 320 : 120)}px;
  border: 3px dashed rgb(0, 120, 0);
`;

/** Components and global styles of styled-components. */
export default function StyledComponents(): ReactNode {
  return (
    <>
      <Globals />
      <Title>styled-components</Title>
      <Box $wide>text</Box>
      <More>
        <Box $wide={false}>added</Box>
      </More>
    </>
  );
}
