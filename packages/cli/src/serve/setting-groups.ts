import type { Settings } from '@rollcall/server'

const ACCESS = 'Who may call:'

/** The headings of the settings in the help, by the first setting below each. */
const HEADINGS: Readonly<Partial<Record<keyof Settings, string>>> = {
  host: 'Where it listens:',
  noDashboard: 'What it serves:',
  noArd: 'Catalogs:',
  noWebhooks: 'Webhooks:',
  tokenFile: ACCESS,
  jwtIssuer: 'JSON Web Tokens:',
  tlsCert: 'TLS and client certificates:',
  auditLog: ACCESS,
  db: 'Store and leases:',
  backupTo: 'Backups:',
  maxAgents: 'Limits:',
  logLevel: 'Log:',
}

/** Returns a function that is called for each setting in order, and returns the heading that it belongs to. */
export function settingGroups(): (key: keyof Settings) => string {
  let heading = ''
  return (key) => {
    heading = HEADINGS[key] ?? heading
    return heading
  }
}
