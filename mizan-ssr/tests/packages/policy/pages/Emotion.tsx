import { Global, css } from "@emotion/react";
import styled from "@emotion/styled";
import type { ReactNode } from "react";
import { EmotionStyles } from "../EmotionStyles";
import { More } from "../More";

const Title = styled.h1({ color: "rgb(200, 0, 100)", letterSpacing: 3 });
const Box = styled.div<{ wide: boolean }>(({ wide }) => ({
  width: wide ? 300 : 100,
  background: "rgb(0, 80, 160)",
  "& > b": { color: "rgb(255, 255, 0)" },
}));

/** Components, global styles and rules of emotion. */
export default function Emotion(): ReactNode {
  return (
    <EmotionStyles>
      <Global styles={css({ body: { margin: 17 } })} />
      <Title>emotion</Title>
      <Box wide>
        <b>text</b>
      </Box>
      <More>
        <Box wide={false}>
          <b>added</b>
        </Box>
      </More>
    </EmotionStyles>
  );
}
