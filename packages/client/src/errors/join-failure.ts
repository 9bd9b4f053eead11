import type { RegistryClientError } from './client-error.ts'

/**
 * The error of an agent that cannot join, without its stack: a registry that is unreachable or refuses is
 * no fault of the program, and a stack would only hide what there is to do.
 *
 * @param gaveUpAfterMs how long it was tried; undefined: to try again would not help
 */
export function joinFailure<E extends RegistryClientError>(error: E, gaveUpAfterMs?: number): E {
  if (gaveUpAfterMs !== undefined) {
    const seconds = Math.round(gaveUpAfterMs / 1000)
    error.message +=
      ` Gave up after ${seconds} s. Start a registry with "npx rollcall serve", or set ` +
      'REGISTRY_URL to the address of yours.'
  }
  error.stack = `${error.name}: ${error.message}`
  // Its reason is in the message.
  Reflect.deleteProperty(error, 'cause')
  return error
}
