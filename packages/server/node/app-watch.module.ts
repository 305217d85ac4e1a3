import { serverModule } from "../modules/module.ts"

/** Whether the patient's app is what was released: looked at where `watchApp` says so. */
export const appWatchModule = serverModule({
  name: "appWatch",
  needs: ["appWatch", "config"],
  setup: ({ appWatch, config }) =>
    config.watchApp
      ? {
          windows: [{ name: "appWatch", everyMs: () => config.watchAppEveryMs, run: () => appWatch.round() }],
          start: async () => appWatch.begin(),
          stop: () => appWatch.stop(),
        }
      : {},
})
