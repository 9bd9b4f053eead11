import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { bits, identifier, integer, octets, sequence, set, tagged, time, utf8, yes } from './der.ts'

const DAY_MS = 86_400_000
const ECDSA_WITH_SHA256 = sequence(identifier('1.2.840.10045.4.3.2'))
const USAGES = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' }
const BOTH_USAGES: readonly (keyof typeof USAGES)[] = ['client', 'server']
/** The tags of alternative names. */
const NAME_TAGS = { email: 0x81, dns: 0x82, url: 0x86, ip: 0x87 }

/** A certificate with its key, as PEM. */
export interface Issued {
  readonly cert: string
  readonly key: string
}

/** What a certificate says. */
interface CertificateContent {
  /** Default: `someone`. */
  readonly commonName?: string
  /** Alternative names, such as `{ type: 'url', value: 'spiffe://…' }`; default: those of this machine. */
  readonly names?: readonly AlternativeName[]
  /** Milliseconds from now on until it is valid no longer; default: a day. */
  readonly validMs?: number
  /** What it may be used for; default: both. */
  readonly usages?: readonly (keyof typeof USAGES)[]
}

interface AlternativeName {
  readonly type: keyof typeof NAME_TAGS
  readonly value: string
}

const THIS_MACHINE: readonly AlternativeName[] = [
  { type: 'dns', value: 'localhost' },
  { type: 'ip', value: '127.0.0.1' },
]

/** An authority that issues certificates in tests. */
export interface Authority {
  /** Its own certificate, as PEM. */
  readonly cert: string
  issue(content?: CertificateContent): Issued
}

/** Creates an authority. */
export function authority(name = 'Test CA'): Authority {
  const own = newKeys()
  const issuer = { name, key: own.privateKey }
  return {
    cert: certificate({
      issuer,
      subject: name,
      publicKey: own.publicKey,
      validMs: DAY_MS,
      extensions: [
        extension('2.5.29.19', sequence(yes()), { isCritical: true }),
        // keyCertSign.
        extension('2.5.29.15', bits(Buffer.of(0b0000_0100), 2), { isCritical: true }),
      ],
    }),
    issue: ({
      commonName = 'someone',
      names = THIS_MACHINE,
      validMs = DAY_MS,
      usages = BOTH_USAGES,
    } = {}) => {
      const { publicKey, privateKey } = newKeys()
      const usage = sequence(...usages.map((it) => identifier(USAGES[it])))
      const extensions = [
        extension('2.5.29.37', usage),
        ...(names.length > 0
          ? [extension('2.5.29.17', sequence(...names.map(alternativeName)))]
          : []),
      ]
      return {
        cert: certificate({ issuer, subject: commonName, publicKey, validMs, extensions }),
        key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
      }
    },
  }
}

function newKeys() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

/** Writes a certificate (RFC 5280). */
function certificate(parts: {
  issuer: { name: string; key: KeyObject }
  subject: string
  publicKey: KeyObject
  validMs: number
  extensions: readonly Uint8Array[]
}): string {
  const { issuer, subject, publicKey, validMs, extensions } = parts
  const now = Date.now()
  const content = sequence(
    tagged(0xa0, tagged(0x02, Buffer.of(2))),
    integer(Buffer.of(1, ...randomBytes(15))),
    ECDSA_WITH_SHA256,
    distinguishedName(issuer.name),
    sequence(time(now - 2 * DAY_MS), time(now + validMs)),
    distinguishedName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions)),
  )
  const signature = sign('sha256', content, issuer.key)
  const der = sequence(content, ECDSA_WITH_SHA256, bits(signature))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

function distinguishedName(commonName: string): Buffer {
  return sequence(set(sequence(identifier('2.5.4.3'), utf8(commonName))))
}

function extension(id: string, content: Uint8Array, { isCritical = false } = {}): Buffer {
  return sequence(identifier(id), ...(isCritical ? [yes()] : []), octets(content))
}

function alternativeName({ type, value }: AlternativeName): Buffer {
  const bytes = type === 'ip' ? Buffer.of(...value.split('.').map(Number)) : Buffer.from(value)
  return tagged(NAME_TAGS[type], bytes)
}
