import js from "@eslint/js";
import reactHooks from "eslint-plugin-react-hooks";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

const react = ["mizan-codegen/**/*.{ts,tsx}", "examples/*/web/**/*.{ts,tsx}"];
const e2e = ["examples/*/web/e2e/**/*.ts"];
const tests = ["mizan-codegen/runtime/tests/**/*.{ts,tsx}", ...e2e];

/** The rules of React and of the React Compiler, all as errors. */
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
      // Event handlers and listeners are short arrow functions whose value is ignored.
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // Numbers have one obvious text.
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true },
      ],
      // `{}` is the neutral element of `&`: an error without data, a form without lists.
      "@typescript-eslint/no-empty-object-type": [
        "error",
        { allowObjectTypes: "always" },
      ],
      // A parameter of the type `void` may be left out: a function without input is `Query<void, ...>`.
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
      // Suspense: a component that waits throws a promise.
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
      // The client works with every release of TanStack Query 5; the replacements exist in the newest ones only.
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
      // Fakes of asynchronous functions, such as `fetch`, have nothing to wait for.
      "@typescript-eslint/require-await": "off",
    },
  },
  {
    files: ["mizan-codegen/runtime/tests/**/*.{ts,tsx}"],
    rules: {
      // Components of tests hand their hook's result to the test.
      "react-hooks/globals": "off",
      "react-hooks/immutability": "off",
    },
  },
  {
    files: e2e,
    rules: {
      // Playwright reads a fixture's dependencies from its pattern, which is `{}` where there are none.
      "no-empty-pattern": "off",
    },
  },
  {
    // Compiled to check types, and never run.
    files: ["mizan-codegen/tests/cases/*/usage.{ts,tsx}"],
    rules: {
      "react-hooks/rules-of-hooks": "off",
      "@typescript-eslint/no-unused-expressions": "off",
    },
  },
);
