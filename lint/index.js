import js from "@eslint/js";
import reactHooks from "eslint-plugin-react-hooks";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

const react = [
  "cargo-mizan/e2e/**/*.ts",
  "mizan-codegen/**/*.{ts,tsx}",
  "mizan-explorer/web/**/*.{ts,tsx}",
  "mizan-openapi/**/*.ts",
  "examples/*/web/**/*.{ts,tsx}",
];
const e2e = ["cargo-mizan/e2e/**/*.ts", "examples/*/web/e2e/**/*.ts"];
/** Compiled to check types, and never run. */
const usages = ["mizan-codegen/tests/cases/*/usage.{ts,tsx}"];
const tests = [
  "mizan-codegen/runtime/tests/**/*.{ts,tsx}",
  "mizan-openapi/tests/**/*.ts",
  ...e2e,
  ...usages,
];

/** Rules of React and of the React Compiler, all as errors. */
const reactRules = Object.fromEntries(
  Object.keys(reactHooks.configs.flat["recommended-latest"].rules).map(
    (rule) => [rule, "error"],
  ),
);

export default defineConfig(
  globalIgnores([
    "**/dist/",
    "target/",
    // Copies of `mizan-codegen/runtime`, which is linted there.
    "examples/*/web/**/mizan/runtime/",
    "mizan-explorer/web/src/mizan/runtime/",
    // Compiled by a test, with the types that it generates.
    "mizan-openapi/tests/client/",
  ]),
  {
    files: react,
    extends: [js.configs.recommended, tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        projectService: true,
        tsconfigRootDir: `${import.meta.dirname}/..`,
      },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      // Callers ignore the result of event handlers, which are often short arrow functions.
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // Numbers are safe to interpolate.
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true },
      ],
      // `{}` is the type of an error without data and of a form without lists, in intersections.
      "@typescript-eslint/no-empty-object-type": [
        "error",
        { allowObjectTypes: "always" },
      ],
      // Callers can omit an argument of the type `void`: a function without input is `Query<void, ...>`.
      "@typescript-eslint/no-invalid-void-type": "off",
      // `({ left, ...rest }) => rest` removes a member.
      "@typescript-eslint/no-unused-vars": [
        "error",
        { ignoreRestSiblings: true },
      ],
      // The reason of an `AbortSignal` is `any`.
      "@typescript-eslint/prefer-promise-reject-errors": [
        "error",
        { allowThrowingAny: true, allowThrowingUnknown: true },
      ],
      // A component that suspends throws a promise.
      "@typescript-eslint/only-throw-error": [
        "error",
        { allow: [{ from: "lib", name: "Promise" }] },
      ],
    },
  },
  {
    files: react,
    ignores: e2e,
    plugins: { "react-hooks": reactHooks },
    rules: reactRules,
  },
  {
    files: ["mizan-codegen/runtime/**/*.{ts,tsx}"],
    rules: {
      // The client supports every release of TanStack Query 5. Only the latest ones have the replacements.
      "@typescript-eslint/no-deprecated": "off",
    },
  },
  {
    files: tests,
    rules: {
      // Tests read JSON and mocks, whose types are `any`.
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      // A wrong assertion fails the test.
      "@typescript-eslint/no-non-null-assertion": "off",
      // Fakes of asynchronous functions, such as `fetch`, do not await anything.
      "@typescript-eslint/require-await": "off",
    },
  },
  {
    files: ["mizan-codegen/runtime/tests/**/*.{ts,tsx}"],
    rules: {
      // Components in tests assign the result of a hook to a variable of the test.
      "react-hooks/globals": "off",
      "react-hooks/immutability": "off",
    },
  },
  {
    files: e2e,
    rules: {
      // Playwright reads the dependencies of a fixture from its pattern: `{}` means none.
      "no-empty-pattern": "off",
    },
  },
  {
    files: usages,
    rules: {
      // These files contain expressions only for their types, and hooks outside of components.
      "react-hooks/rules-of-hooks": "off",
      "@typescript-eslint/no-unused-expressions": "off",
      "@typescript-eslint/ban-ts-comment": [
        "error",
        { minimumDescriptionLength: 3 },
      ],
    },
  },
  {
    files: ["mizan-codegen/tests/cases/*/expected/*.{ts,tsx}"],
    rules: {
      // An enum without variants is `never`, also as a part of a union.
      "@typescript-eslint/no-redundant-type-constituents": "off",
    },
  },
);
