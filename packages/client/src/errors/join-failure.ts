import type { RegistryClientError } from './client-error.ts'

/**
 * Removes the stack trace from the error of an agent that cannot join: an unreachable registry or a
 * rejection is not a bug of the program, and a stack trace would hide the advice in the message.
 *
 * @param gaveUpAfterMs how long it was retried; undefined if the error is not transient
 */
export function joinFailure<E extends RegistryClientError>(error: E, gaveUpAfterMs?: number): E {
  if (gaveUpAfterMs !== undefined) {
    const seconds = Math.round(gaveUpAfterMs / 1000)
    error.message +=
      ` Gave up after ${seconds} s. Start a registry with "npx rollcall serve", or set ` +
      'REGISTRY_URL to the address of yours.'
  }
  error.stack = `${error.name}: ${error.message}`
  // The message contains the reason.
  Reflect.deleteProperty(error, 'cause')
  return error
}
