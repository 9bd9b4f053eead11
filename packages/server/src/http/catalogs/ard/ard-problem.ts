import type { ProblemPointer } from '@rollcall/protocol'
import { HttpProblem } from '../../responses/problem.ts'

/** Creates the error for an argument that is not valid, with its place. */
export function invalidArgument(pointer: string, message: string): HttpProblem {
  return invalidArguments([{ pointer, message }])
}

/** Runs a check; what it finds invalid is, in the words of ARD, an invalid argument. */
export function asArguments<T>(check: () => T): T {
  try {
    return check()
  } catch (error) {
    const isInvalid = error instanceof HttpProblem && error.code === 'VALIDATION_FAILED'
    const isForeign = error instanceof HttpProblem && error.code === 'INVALID_CURSOR'
    if (isInvalid) throw invalidArguments(error.errors ?? [])
    if (isForeign) throw invalidArgument('/pageToken', 'does not belong to this request')
    throw error
  }
}

function invalidArguments(errors: readonly ProblemPointer[]): HttpProblem {
  const problems = errors.map(({ pointer, message }) => `${pointer || 'the body'} ${message}`)
  const detail = `The request is not valid: ${problems.join('; ')}`
  return new HttpProblem('INVALID_ARGUMENT', detail, { errors })
}
