import type { Picture } from "./picture.ts"

const HEAD = `# The pages

Every page of the patient's app, of the portal and of the demonstration, by who uses it: in English on a desk and in the light, in Chinese on a phone and in the dark. \`npm run screenshots\` takes the pictures on a demonstration of its own, and writes this page; \`npm run screenshots -- --all\` takes each page in both languages and both sizes, into \`docs/pictures/all\`, which is kept out of the repository. Names, people and records in them are invented.

The patient's app is at an origin of its own, the portal at \`/portal/\` of each node; \`npm start\` prints the address of the start page, which leads to both.`

const shown = ({ name, title, what, way }: Picture): string =>
  `### ${title}

${what} How to get there: ${way}

<img src="pictures/${name}.en.webp" width="640" alt="${title}, in English on a desk"> <img src="pictures/${name}.zh.webp" width="185" alt="${title}, in Chinese on a phone">`

/** docs/portals.md: a heading for whoever uses a page, and below it the page with its pictures. */
export function portalsPage(pictures: readonly Picture[]): string {
  const parts = [...Map.groupBy(pictures, ({ who }) => who)].map(
    ([who, all]) => `## ${who}\n\n${all.map(shown).join("\n\n")}`,
  )
  return `${[HEAD, ...parts].join("\n\n")}\n`
}
