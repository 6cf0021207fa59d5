// The configuration is a package of its own, which has the TypeScript that the linter needs.
export { default } from "mizan-lint";
