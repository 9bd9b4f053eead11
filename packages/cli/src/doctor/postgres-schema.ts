import type { InspectedSchema } from '@rollcall/server'
import { type Finding, good, odd, wrong } from './finding.ts'

/** Rights that are named, at the most. */
const NAMED = 2

/** The schema of a registry, and what the role of the URL may do with it. */
export function checkSchema(schema: InspectedSchema): Finding[] {
  if (!schema.isThere) return [checkAbsent(schema)]
  const { name, role } = schema
  if (!schema.mayUse) {
    const advice = `GRANT USAGE ON SCHEMA ${name} TO ${role}, and the rights on its tables`
    return [wrong('rights', `${role} may not use the schema ${name}`, advice)]
  }
  // Without a registry in it there are no tables to have rights on.
  const isEmpty = schema.version === null && schema.missingRights.length === 0
  return isEmpty ? [checkEmpty(schema)] : [checkVersion(schema), checkRights(schema)]
}

function checkAbsent({ name, database, role, mayCreate }: InspectedSchema): Finding {
  const topic = 'schema'
  if (mayCreate) return good(topic, `${name} is not there yet: rollcall serve makes it`)
  return wrong(
    topic,
    `${name} is not there, and ${role} may not make it`,
    `CREATE SCHEMA ${name} AUTHORIZATION ${role}, or GRANT CREATE ON DATABASE ${database}`,
  )
}

function checkEmpty({ name, role, mayCreate }: InspectedSchema): Finding {
  const topic = 'schema'
  if (mayCreate) return good(topic, `${name} holds no registry yet: rollcall serve makes it`)
  const advice = `GRANT CREATE ON SCHEMA ${name} TO ${role}, or make ${role} its owner`
  return wrong(topic, `${name} is empty, and ${role} may make nothing in it`, advice)
}

function checkVersion({ name, version, knownVersion }: InspectedSchema): Finding {
  const topic = 'schema'
  if (version === null) {
    return wrong(topic, `the version of ${name} cannot be read`, 'see the rights below')
  }
  if (version === knownVersion) return good(topic, `${name}, version ${version}`)
  if (version < knownVersion) {
    const message = `${name} has version ${version}; this Rollcall makes ${knownVersion}`
    return odd(topic, message, 'rollcall serve brings it up to date when it starts')
  }
  const message = `${name} has version ${version}; this Rollcall knows ${knownVersion}`
  return wrong(topic, message, 'use the Rollcall that made it, or name another --db-schema')
}

function checkRights({ name, role, missingRights }: InspectedSchema): Finding {
  const topic = 'rights'
  if (missingRights.length === 0) return good(topic, `${role} may do all that a node does`)
  const more = missingRights.length - NAMED
  const named = missingRights.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '')
  return wrong(
    topic,
    `${role} lacks ${named}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${name} TO ${role}`,
  )
}
