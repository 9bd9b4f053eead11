import type { InspectedSchema } from '@rollcall/server'
import { type Finding, fail, ok, warn } from './finding.ts'

/** Maximum number of privileges to list. */
const MAX_LISTED = 2

/** Checks the schema of a registry, and the privileges of the role of the URL. */
export function checkSchema(schema: InspectedSchema): Finding[] {
  if (!schema.exists) return [checkAbsent(schema)]
  const { name, role } = schema
  if (!schema.mayUse) {
    const advice = `GRANT USAGE ON SCHEMA ${name} TO ${role}, and privileges on its tables`
    return [fail('privileges', `${role} has no USAGE privilege on the schema ${name}`, advice)]
  }
  // Without a registry there are no tables to have privileges on.
  const isEmpty = schema.version === null && schema.missingRights.length === 0
  return isEmpty ? [checkEmpty(schema)] : [checkVersion(schema), checkPrivileges(schema)]
}

function checkAbsent({ name, database, role, mayCreate }: InspectedSchema): Finding {
  const topic = 'schema'
  if (mayCreate) return ok(topic, `${name} does not exist yet; rollcall serve creates it`)
  return fail(
    topic,
    `${name} does not exist, and ${role} may not create it`,
    `CREATE SCHEMA ${name} AUTHORIZATION ${role}, or GRANT CREATE ON DATABASE ${database}`,
  )
}

function checkEmpty({ name, role, mayCreate }: InspectedSchema): Finding {
  const topic = 'schema'
  if (mayCreate) return ok(topic, `${name} contains no registry yet; rollcall serve creates it`)
  const advice = `GRANT CREATE ON SCHEMA ${name} TO ${role}, or make ${role} its owner`
  return fail(topic, `${name} is empty, and ${role} may not create tables in it`, advice)
}

function checkVersion({ name, version, knownVersion }: InspectedSchema): Finding {
  const topic = 'schema'
  if (version === null) {
    return fail(topic, `the version of ${name} cannot be read`, 'see the privileges below')
  }
  if (version === knownVersion) return ok(topic, `${name}, version ${version}`)
  if (version < knownVersion) {
    const message = `${name} has version ${version}; this Rollcall uses ${knownVersion}`
    return warn(topic, message, 'rollcall serve migrates it at startup')
  }
  const message = `${name} has version ${version}; this Rollcall supports ${knownVersion}`
  return fail(topic, message, 'use the Rollcall version that created it, or another --db-schema')
}

function checkPrivileges({ name, role, missingRights }: InspectedSchema): Finding {
  const topic = 'privileges'
  if (missingRights.length === 0) return ok(topic, `${role} has all privileges that a node needs`)
  const more = missingRights.length - MAX_LISTED
  const listed =
    missingRights.slice(0, MAX_LISTED).join(', ') + (more > 0 ? ` and ${more} more` : '')
  return fail(
    topic,
    `${role} lacks ${listed}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${name} TO ${role}`,
  )
}
