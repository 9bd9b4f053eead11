const KEY = 'rollcall.token'

/** The token of the user, for as long as the tab is open: it is nowhere but in its session storage. */
export const sessionToken = {
  get: (): string | null => sessionStorage.getItem(KEY),
  set: (token: string): void => sessionStorage.setItem(KEY, token),
  clear: (): void => sessionStorage.removeItem(KEY),
}
