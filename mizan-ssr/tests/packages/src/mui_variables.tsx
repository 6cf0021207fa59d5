import { CacheProvider, ClassNames, Global, css, keyframes } from "@emotion/react";
import createCache from "@emotion/cache";
import emotionStyled from "@emotion/styled";
import { Button, CssBaseline, InitColorSchemeScript, ThemeProvider, createTheme } from "@mui/material";

const theme = createTheme({ cssVariables: true, colorSchemes: { light: true, dark: true } });
const turn = keyframes`from { transform: rotate(0) } to { transform: rotate(360deg) }`;
const Spinner = emotionStyled.i<{ slow: boolean }>`
  animation: ${turn} ${(props) => (props.slow ? "3s" : "1s")} linear infinite;
  display: flex;
  user-select: none;
`;

/** Emotion used directly beside MUI, with a cache for each render. */
export default function MuiVariables() {
  const cache = createCache({ key: "app", prepend: true });
  return (
    <CacheProvider value={cache}>
      <InitColorSchemeScript />
      <ThemeProvider theme={theme}>
        <CssBaseline enableColorScheme />
        <Global styles={css({ html: { scrollBehavior: "smooth" } })} />
        <Spinner slow>a</Spinner>
        <Spinner slow={false}>b</Spinner>
        <ClassNames>{({ css, cx }) => <p className={cx("plain", css`color: hotpink;`)}>c</p>}</ClassNames>
        <Button sx={(theme) => ({ color: "primary.main", ...theme.applyStyles("dark", { color: "white" }) })}>d</Button>
      </ThemeProvider>
    </CacheProvider>
  );
}
