// The configuration is a separate package with the TypeScript version that the linter requires.
export { default } from "mizan-lint";
