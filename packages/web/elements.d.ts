import type { FunctionalComponent, HTMLAttributes } from "vue"

declare module "vue" {
  /** Elements of HTML that Vue's compiler takes for components: it does not know them yet. */
  interface GlobalComponents {
    search: FunctionalComponent<HTMLAttributes>
  }
}
