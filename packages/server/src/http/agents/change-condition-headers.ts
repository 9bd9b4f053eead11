import { InstanceId } from '@rollcall/protocol'
import type { FastifyRequest } from 'fastify'
import type { ChangeCondition } from '../../domain/change-condition.ts'
import { callerOf } from '../access/request-caller.ts'
import { Validator, validationFailed } from '../requests/validation.ts'

/** The header with the instance that sends a heartbeat, in lower case as Node has it. */
export const INSTANCE_HEADER = 'rollcall-instance'

const instance = new Validator<string>(InstanceId, '/header/Rollcall-Instance')
const REVISION = /^(?:"(\d{1,15})"|(\d{1,15}))$/

/**
 * Reads who sends a request, and under which conditions it may change an agent.
 *
 * @throws HttpProblem `VALIDATION_FAILED`
 */
export function changeConditionOf(request: FastifyRequest): ChangeCondition {
  const { headers } = request
  const instanceId = headers[INSTANCE_HEADER]
  return {
    caller: callerOf(request),
    instanceId: instanceId === undefined ? undefined : instance.parse(instanceId),
    ifRevision: revisionIn(headers['if-match']),
  }
}

function revisionIn(header: string | undefined): number | undefined {
  // `*` requires that the agent exists, as every change of an agent does.
  if (header === undefined || header === '*') return undefined
  const [, quoted, bare] = REVISION.exec(header) ?? []
  const revision = quoted ?? bare
  if (revision !== undefined) return Number(revision)
  const message = 'must be the revision of the agent in quotes, such as "42", or *'
  throw validationFailed([{ pointer: '/header/If-Match', message }])
}
