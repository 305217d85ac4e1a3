/** What the address said when the page was opened, before it went on to its first route; what is secret leaves it. */
const given = location.hash

const named = (name: string, value: RegExp): string | undefined => {
  const found = new RegExp(`^#${name}=(.+)$`).exec(given)?.[1]
  return found !== undefined && value.test(found) ? found : undefined
}

const [, someone, path] = /^#demo=([a-z][a-z0-9-]{0,63})(\/.*)?$/.exec(given) ?? []
/** `#demo=city-doctor`, or with the page that is to be shown: `#demo=city-doctor/inbox`. */
export const demoName: string | undefined = someone

/** `#join=7K2M-9QXR-4TBW-0HVC`: an invitation to work here. */
export const joinCode = named("join", /^[0-9A-Za-z-]{1,40}$/)
/** `#enrol=...`: an invitation of a hospital's desk. */
export const enrolLink = named("enrol", /^[A-Za-z0-9_-]{1,2000}$/)

/** `#device=...`: the code that another device of the same person shows. */
export const deviceCode = named("device", /^[A-Za-z0-9_-]{1,600}$/)

// None of it is the address of a page.
const ARRIVAL = /^#(join|enrol|device|demo)=/
if (ARRIVAL.test(given)) history.replaceState(null, "", path === undefined ? location.pathname : `#${path}`)

/** Scanned while the page is open: it begins anew with that, before the router takes it for an address. */
addEventListener("popstate", (event) => {
  if (!ARRIVAL.test(location.hash)) return
  event.stopImmediatePropagation()
  location.reload()
})
