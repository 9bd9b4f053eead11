import { fileURLToPath } from 'node:url'

/** Returns the path of a program that uses a generated client. */
export function programSource(name: string): string {
  return fileURLToPath(new URL(`programs/${name}`, import.meta.url))
}
