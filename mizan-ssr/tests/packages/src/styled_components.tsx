import styled, { ThemeProvider, createGlobalStyle, css, keyframes, useTheme } from "styled-components";

const fade = keyframes`from { opacity: 0; } to { opacity: 1; }`;
const Global = createGlobalStyle`body { margin: 0; }`;
const Button = styled.button.attrs<{ $primary?: boolean }>((props) => ({ type: "button", "data-primary": props.$primary }))`
  color: ${(props) => props.theme.ink};
  animation: ${fade} 1s;
  ${(props) => props.$primary && css`font-weight: bold; &:hover { color: red; }`}
`;
const Link = styled(Button).withConfig({ shouldForwardProp: (name) => name !== "hidden" })`text-decoration: underline;`;
const Wrapped = styled(({ className }: { className?: string }) => <i className={className}>wrapped</i>)`display: block;`;
const Box = styled.div<{ $n: number }>({ display: "flex" }, (props) => ({ flexGrow: props.$n }));

function Ink() {
  return <small>{useTheme()?.ink}</small>;
}

export default function StyledComponents() {
  return (
    <ThemeProvider theme={{ ink: "navy" }}>
      <Global />
      <Box $n={2}>
        <Button $primary>one</Button>
        <Button as="a" title="two">two</Button>
        <Link hidden>three</Link>
        <Wrapped />
        <Ink />
      </Box>
    </ThemeProvider>
  );
}
