import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import type { Plugin } from "vite"

/** Of libsodium's module: a function that reads base64, and the WebAssembly in base64. */
const INLINE_WASM = /\(A=>\{for\(var I,.{0,400}?return E\}\)\("(AGFzbQ[A-Za-z0-9+/=]+)"\)/
/** Of its wrappers: the names of all functions, and beside them the functions. */
const FUNCTIONS = /for\(var e=\[("[\w",]+")\],a=\[([\w$,]+)\],_=0;/
/** Those that it tries itself before it begins. */
const USED_BY_ITSELF = /\bt\.((?:crypto|randombytes)_\w+)\(/g

/** What the pages use of it. */
const used = (): ReadonlySet<string> => {
  const source = readFileSync(resolve(import.meta.dirname, "../core/platform/browser.ts"), "utf8")
  return new Set([...source.matchAll(/\bsodium\.(crypto_\w+)/g)].map(([, name]) => name))
}

const ownUses = (code: string): string[] => [...code.matchAll(USED_BY_ITSELF)].map(([, name]) => name)

/**
 * libsodium as pages need it: its WebAssembly as a file of its own, which in base64 is by 30 kB longer on the way to a
 * phone, and of its wrappers the functions that are used, which are 18 kB fewer.
 */
export const sodium = (): Plugin => ({
  name: "sodium",
  transform(code, id) {
    if (id.endsWith("/libsodium/dist/modules-esm/libsodium.mjs")) {
      const [inline, base64] = INLINE_WASM.exec(code) ?? []
      if (inline === undefined) throw new Error(`${id} holds its WebAssembly otherwise: see sodium.ts`)
      const source = Buffer.from(base64, "base64")
      const file = this.emitFile({ type: "asset", name: "libsodium.wasm", source })
      const read = `new Uint8Array(await(await fetch(import.meta.ROLLUP_FILE_URL_${file})).arrayBuffer())`
      return { code: code.replace(inline, () => read), map: null }
    }
    if (id.endsWith("/libsodium-wrappers/dist/modules-esm/libsodium-wrappers.mjs"))
      return { code: withFunctions(code, new Set([...used(), ...ownUses(code)])), map: null }
    return null
  },
})

/** @throws Error they are not all there, or stand otherwise */
function withFunctions(code: string, wanted: ReadonlySet<string>): string {
  const [all = "", names = "", functions = ""] = FUNCTIONS.exec(code) ?? []
  const values = functions.split(",")
  const named = names
    .split(",")
    .map((name, i) => ({ name, value: values[i] }))
    .filter(({ name }) => wanted.has(name.slice(1, -1)))
  if (wanted.size === 0 || named.length !== wanted.size || values.length !== names.split(",").length)
    throw new Error(`libsodium's wrappers name their functions otherwise, or lack ${[...wanted].join(", ")}`)
  const list = (of: "name" | "value") => named.map((one) => one[of]).join(",")
  return code.replace(all, () => `for(var e=[${list("name")}],a=[${list("value")}],_=0;`)
}
