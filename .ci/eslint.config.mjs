// Rules for the JavaScript of the page.
import js from "@eslint/js";

const BROWSER = [
  "window", "document", "location", "history", "Blob", "URL", "URLSearchParams", "Response", "DecompressionStream", "fetch", "atob",
  "requestAnimationFrame", "performance", "getComputedStyle", "matchMedia", "setTimeout", "clearTimeout", "Image", "ResizeObserver",
  "Path2D", "TextDecoder", "navigator", "XMLSerializer",
];

export default [
  js.configs.recommended,
  {
    languageOptions: {
      ecmaVersion: 2022,
      sourceType: "script",
      globals: Object.fromEntries(BROWSER.map((name) => [name, "readonly"])),
    },
    rules: { eqeqeq: "error", "prefer-const": "error", "no-var": "error", "no-control-regex": "off" },
  },
];
