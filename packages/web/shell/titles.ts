/** @returns name of the text that a page is called by: that of its route, else of the link that leads to it or to its subject */
export const titleName = (
  { path, meta }: { readonly path: string; readonly meta: { readonly title?: unknown } },
  links: readonly { readonly to: string; readonly text: string }[],
): string | undefined =>
  (meta.title as string | undefined) ?? links.find(({ to }) => path.startsWith(to))?.text
