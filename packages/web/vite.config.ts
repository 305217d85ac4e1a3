import { resolve } from "node:path"
import vue from "@vitejs/plugin-vue"
import { defineConfig } from "vite"
import { offline } from "./offline/workers.ts"
import { ownEntries } from "./own-entries.ts"
import { sodium } from "./sodium.ts"
import { textsApart, textsChunk } from "./texts/apart.ts"

const page = (name: string) => resolve(import.meta.dirname, `${name}.html`)

export default defineConfig({
  root: import.meta.dirname,
  // Without it Vue writes static parts as HTML, through a policy of Trusted Types that would also let v-html pass.
  plugins: [
    vue({ template: { compilerOptions: { hoistStatic: false } } }),
    textsApart(),
    offline(),
    ownEntries(),
  ],
  worker: {
    format: "es",
    plugins: () => [sodium()],
    rolldownOptions: {
      output: {
        // core's files lie in several chunks, which load each other: each file runs where it is first needed.
        strictExecutionOrder: true,
        // What a patient's first page does without stands apart from what all share.
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            { name: "validators", test: /@noble[\\/]curves|core[\\/](comet|attestation|cofactored)\.ts$/ },
          ],
        },
      },
    },
  },
  define: {
    __VUE_OPTIONS_API__: "false",
    __VUE_PROD_DEVTOOLS__: "false",
  },
  build: {
    target: "es2023",
    outDir: "dist",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: {
        app: page("app"),
        portal: page("portal"),
        start: page("start"),
        open: page("open"),
        setup: page("setup"),
      },
      output: {
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            { name: textsChunk, debugName: "texts", test: /\?texts=/ },
            // Of every page: it would lie in the first file of one of them (own-entries.ts).
            { name: "area", test: /web[\\/]kit[\\/]area\.ts$/ },
          ],
        },
      },
    },
  },
})
