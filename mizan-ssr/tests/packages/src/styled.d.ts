import "styled-components";

declare module "styled-components" {
  interface DefaultTheme {
    ink: string;
  }
}
