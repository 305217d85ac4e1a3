/** The one policy of Trusted Types by which scripts are named: those of the build, at this origin. */
interface Policy {
  createScriptURL(url: string): unknown
}
interface Factory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): Policy
}

const factory = (globalThis as { readonly trustedTypes?: Factory }).trustedTypes
const policy = factory?.createPolicy("aceso", {
  createScriptURL(url) {
    const { origin, pathname } = new URL(url, location.origin)
    if (origin !== location.origin || !/^\/(assets\/[\w.-]+|sw\.js)$/.test(pathname))
      throw new TypeError(`${url} is no script of these pages`)
    return url
  },
})

/** A script's URL as the browser wants it. */
export const scriptUrl = (url: string): unknown => policy?.createScriptURL(url) ?? url
