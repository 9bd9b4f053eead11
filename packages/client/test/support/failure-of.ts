/** Returns the error that a call rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  const success = Symbol('success')
  const failure: unknown = await promise.then(
    () => success,
    (error: unknown) => error,
  )
  if (failure === success) throw new Error('the call did not fail')
  return failure
}
