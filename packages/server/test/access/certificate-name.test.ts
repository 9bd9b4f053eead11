import { expect, test } from 'vitest'
import { certificateName } from '../../src/access/certificates/certificate-name.ts'

const name = (subjectaltname: string | undefined, CN: unknown = 'common') =>
  certificateName({ subject: { CN }, subjectaltname } as never)

test.each([
  [
    'a URI',
    'DNS:a.example, URI:spiffe://prod.example/ns/a, DNS:b.example',
    'spiffe://prod.example/ns/a',
  ],
  ['a URI in quotes', 'URI:"http://a.example/,DNS:admin"', 'http://a.example/,DNS:admin'],
  ['the first DNS name', 'IP Address:127.0.0.1, DNS:a.example, DNS:b.example', 'a.example'],
  ['the common name', 'IP Address:127.0.0.1, email:a@b.example', 'common'],
  ['the common name', 'othername:<unsupported>, DirName:"CN=a, O=b"', 'common'],
  ['the common name', undefined, 'common'],
  ['the common name', '', 'common'],
])('the name of a certificate is %s: %s', (_what, names, expected) => {
  expect(name(names)).toBe(expected)
})

test.each([
  ['two URIs', 'URI:spiffe://a/b, URI:spiffe://a/c'],
  ['an empty URI', 'URI:, DNS:a.example'],
  ['a URI with a new line', 'URI:"spiffe://a/b\\nc"'],
  ['text after a quote', 'DNS:"a"b'],
  ['a quote that does not end', 'DNS:"a'],
  ['no kind', 'a.example'],
  ['a DNS name that looks like a URI', 'DNS:spiffe://prod.example/ns/ops'],
])('a certificate with %s has no name', (_what, names) => {
  expect(name(names)).toBeUndefined()
})

test.each([
  ['a URI', 'spiffe://prod.example/ns/ops'],
  ['several', ['a', 'b']],
  ['nothing', ''],
  ['a new line', 'a\nb'],
  ['256 characters', 'a'.repeat(256)],
])('a common name that is %s is no name', (_what, CN) => {
  expect(name(undefined, CN)).toBeUndefined()
  expect(certificateName({} as never)).toBeUndefined()
})
