// Every place that can hold a secret. Each secret consists of pieces, none of which may show.
import { describe, expect, test } from 'vitest'
import { withoutPassword } from '../src/index.ts'

/** Occurs in no other part of a URL. */
const SECRET = /hun|ter/

describe('a secret is hidden', () => {
  test.each([
    // User and password.
    'postgres://me:hunter@host/db',
    'postgres://me:hunter@h1:5432,h2:5432/db',
    'postgres://:hunter@host/db',
    'postgres://hunter@host/db',
    'mysql://me:hun/ter@host/db',
    'mysql://me:hun@ter@host/db',
    'mysql://me:hun:ter@host/db',
    'mysql://me:hun#ter@host/db',
    'mysql://me:hun?ter@host/db',
    'mysql://me:hun?x=ter@host/db',
    'mysql://me:hun ter@host/db',
    'mysql://me:hun&ter@host/db',
    'mysql://me:hun%ZZter@host/db',
    'mysql://me:hun\nter@host/db',
    'mysql://me:hun"ter@host/db',
    'mysql://me:hun//ter@host/db',
    'MYSQL://me:hunter@host/db',
    'jdbc:mysql://me:hunter@host/db',
    // Incomplete URLs.
    'mysql:/me:hunter@host/db',
    'mysql:me:hunter@host/db',
    'me:hunter@host/db',
    'mysql://me:hunter',
    'mysql://me:hun/ter',
    'mysql://me:hunter/db?ssl=1',
    // Parameters.
    'mysql://host/db?password=hunter',
    'mysql://host/db?user=hunter',
    'mysql://host/db?PASSWORD=hunter',
    'mysql://host/db?ssl=1&sslpassword=hunter',
    'mysql://host/db?api_key=hunter',
    'mysql://host/db?apikey=hunter&ssl=1',
    'mysql://host/db?token=hunter',
    'mysql://host/db?access_token=hunter',
    'mysql://host/db?client_secret=hunter',
    'mysql://host/db?passfile=/home/hunter/.pgpass',
    'mysql://host/db?pwd=hunter',
    'mysql://host/db?pass%77ord=hunter',
    'mysql://host/db?passw%ZZrd=hunter',
    'mysql://host/db?password=hun=ter',
    'mysql://host/db?password=hun ter',
    'mysql://host/db?password=hun"ter',
    'mysql://host/db?password=hun#ter',
    'mysql://host/db?password=hun?ter',
    'mysql://host/db?password=hun/ter',
    'mysql://host/db?password=hun@ter',
    'mysql://host/db;password=hunter',
    'mysql://host/db#token=hunter',
    'mysql://me:hunter@host/db?password=hunter',
    'sqlite:///x.db?key=hunter',
    'sqlite://me:hunter@x.db',
    // Connection strings in the libpq format.
    'host=x password=hunter',
    'host=x password = hunter dbname=y',
    "host=x password='hun ter' dbname=y",
    "host=x password='hun\\'ter",
    'host=x sslpassword=hunter',
    'password=hunter host=x',
    'Server=x;Password=hunter;Database=y',
    // Texts that quote a URL.
    'cannot connect to "postgres://me:hunter@host/db": refused',
    'cannot connect to postgres://host/db?password=hunter',
    'invalid connection string: host=x password=hunter',
  ])('%j', (text) => {
    expect(withoutPassword(text)).not.toMatch(SECRET)
    expect(withoutPassword(text)).toContain('***')
  })
})

describe('everything else is unchanged', () => {
  test.each([
    ['memory:', 'memory:'],
    ['sqlite:///rollcall.db', 'sqlite:///rollcall.db'],
    ['sqlite:////var/lib/a@b.db', 'sqlite:////var/lib/a@b.db'],
    ['postgres://host:5432/db', 'postgres://host:5432/db'],
    [
      'postgres://h1:5432,h2:5433/db?sslmode=require',
      'postgres://h1:5432,h2:5433/db?sslmode=require',
    ],
    ['postgres://[::1]:5432/db', 'postgres://[::1]:5432/db'],
    ['http://localhost:9000', 'http://localhost:9000'],
    ['postgres://me:secret@host:5432/db?pool_size=4', 'postgres://***@host:5432/db?pool_size=4'],
    [
      'postgres://host/db?password=x&sslmode=require',
      'postgres://host/db?password=***&sslmode=require',
    ],
    ['is http://a:1/b right?', 'is http://a:1/b right?'],
    ['host=x dbname=y', 'host=x dbname=y'],
  ])('%j is shown as %j', (text, shown) => {
    expect(withoutPassword(text)).toBe(shown)
  })
})

test('hiding is idempotent', () => {
  for (const text of ['postgres://a:b@h/d?password=c', 'host=x password=y', 'mysql://a:b']) {
    const once = withoutPassword(text)
    expect(withoutPassword(once)).toBe(once)
  }
})
