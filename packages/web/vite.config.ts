import { resolve } from "node:path"
import vue from "@vitejs/plugin-vue"
import { defineConfig, type Plugin } from "vite"
import { offline } from "./offline/workers.ts"
import { textsApart, textsChunk } from "./texts/apart.ts"

const page = (name: string) => resolve(import.meta.dirname, `${name}.html`)

/** Of libsodium's module: a function that reads base64, and the WebAssembly in base64. */
const INLINE_WASM = /\(A=>\{for\(var I,.{0,400}?return E\}\)\("(AGFzbQ[A-Za-z0-9+/=]+)"\)/

/** libsodium's WebAssembly as a file of its own: in base64 it is by 30 kB longer on the way to a phone. */
const wasmApart = (): Plugin => ({
  name: "wasm-apart",
  transform(code, id) {
    if (!id.endsWith("/libsodium/dist/modules-esm/libsodium.mjs")) return null
    const [inline, base64] = INLINE_WASM.exec(code) ?? []
    if (inline === undefined) throw new Error(`${id} holds its WebAssembly otherwise: see wasmApart`)
    const source = Buffer.from(base64, "base64")
    const file = this.emitFile({ type: "asset", name: "libsodium.wasm", source })
    const read = `new Uint8Array(await(await fetch(import.meta.ROLLUP_FILE_URL_${file})).arrayBuffer())`
    return { code: code.replace(inline, () => read), map: null }
  },
})

export default defineConfig({
  root: import.meta.dirname,
  // Without it Vue writes static parts as HTML, through a policy of Trusted Types that would also let v-html pass.
  plugins: [vue({ template: { compilerOptions: { hoistStatic: false } } }), textsApart(), offline()],
  worker: {
    format: "es",
    plugins: () => [wasmApart()],
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
      input: { app: page("app"), portal: page("portal"), start: page("start") },
      output: {
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [{ name: textsChunk, debugName: "texts", test: /\?texts=/ }],
        },
      },
    },
  },
})
