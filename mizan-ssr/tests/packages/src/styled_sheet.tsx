import styled, { ServerStyleSheet, StyleSheetManager } from "styled-components";
import StyledComponents from "./styled_components";

const Title = styled.h1`
  display: flex;
  &:not(:first-child)::after { content: "</style>"; }
  @media (min-width: 40em) { user-select: none; }
`;

/** Collects the style rules of the components rendered before it. */
function Rules({ sheet }: { sheet: ServerStyleSheet }) {
  const rules = sheet.getStyleElement();
  sheet.seal();
  return rules;
}

export default function StyledSheet() {
  const sheet = new ServerStyleSheet();
  return (
    <>
      <StyleSheetManager sheet={sheet.instance} enableVendorPrefixes>
        <Title>Sheet</Title>
        <StyledComponents />
      </StyleSheetManager>
      <Rules sheet={sheet} />
    </>
  );
}
