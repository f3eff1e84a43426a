// What a record of others must look like, checked by hand: schemas/ says the same, and a test holds the two together.

/** Answers what is wrong with a value, naming the part; undefined where nothing is. `T` is the type that a fitting value has. */
export type Shape<T> = ((value: unknown, at: string) => string | undefined) & { readonly fits?: T }

/** A shape as parser: the value, or what is wrong with it. */
export function parsed<T>(shape: Shape<T>, value: unknown): { value: T } | { problem: string } {
  const problem = shape(value, '')
  return problem === undefined ? { value: value as T } : { problem }
}

export const text =
  (pattern?: RegExp, must = `must match ${pattern?.source}`): Shape<string> =>
  (value, at) => {
    if (typeof value !== 'string') return wrong(at, 'must be a text')
    return pattern === undefined || pattern.test(value) ? undefined : wrong(at, must)
  }

export const oneOf =
  <const C>(...choices: C[]): Shape<C> =>
  (value, at) =>
    choices.includes(value as C) ? undefined : wrong(at, `must be ${choices.map((one) => JSON.stringify(one)).join(' or ')}`)

export const bool: Shape<boolean> = (value, at) => (typeof value === 'boolean' ? undefined : wrong(at, 'must be true or false'))

/** A number from `min` on, or above it. */
export const atLeast =
  (min: number, above = false): Shape<number> =>
  (value, at) =>
    typeof value === 'number' && Number.isFinite(value) && (above ? value > min : value >= min)
      ? undefined
      : wrong(at, `must be a number ${above ? `above ${min}` : `from ${min} on`}`)

/** Whole numbers from 0 on, also offsets. */
export const count: Shape<number> = (value, at) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : wrong(at, 'must be a whole number from 0 on')

export const listOf =
  <T>(entry: Shape<T>): Shape<T[]> =>
  (value, at) =>
    Array.isArray(value) ? first(value.entries(), ([i, one]) => entry(one, `${at}[${i}]`)) : wrong(at, 'must be a list')

/** An object used as a table: any keys that fit, each with such a value. */
export const tableOf =
  <T>(key: RegExp, entry: Shape<T>): Shape<Record<string, T>> =>
  (value, at) =>
    isObject(value)
      ? first(Object.entries(value), ([name, one]) =>
          key.test(name) ? entry(one, inside(at, name)) : wrong(inside(at, name), `must be named like ${key.source}`),
        )
      : wrong(at, 'must be an object')

/** Parts by name; `?` shapes may be absent. Other members are of a later version, and ignored. */
export const object =
  <T extends object>(
    parts: { [K in keyof T]-?: Shape<Exclude<T[K], undefined>> },
    optional: readonly (keyof T)[] = [],
  ): Shape<T> =>
  (value, at) => {
    if (!isObject(value)) return wrong(at, 'must be an object')
    return first(Object.entries<Shape<unknown>>(parts), ([name, shape]) => {
      if (Object.hasOwn(value, name)) return shape(value[name], inside(at, name))
      return optional.includes(name as keyof T) ? undefined : wrong(inside(at, name), 'is missing')
    })
  }

export const nullOr =
  <T>(shape: Shape<T>): Shape<T | null> =>
  (value, at) =>
    value === null ? undefined : shape(value, at)

export const anything: Shape<unknown> = () => undefined

/** Names of services: letters, digits, dot, underscore and hyphen. */
export const SERVICE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

/** ISO 8601 in UTC, whole seconds or finer. */
const TIME = '\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])T([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d'
const MUST_BE_TIME = 'must be a time such as 2026-01-31T12:00:00Z'
export const time = text(new RegExp(`^${TIME}(\\.\\d+)?Z$`), MUST_BE_TIME)
export const timeMs = text(new RegExp(`^${TIME}\\.\\d{3}Z$`), 'must be a time such as 2026-01-31T12:00:00.000Z')

/** What comes back from `text` after JSON.parse, which must fit too. */
export const jsonOf =
  <T>(shape: Shape<T>): Shape<string> =>
  (value, at) => {
    if (typeof value !== 'string') return wrong(at, 'must be a text')
    const read = parseJson(value)
    return read === undefined ? wrong(at, 'must be JSON') : shape(read, at)
  }

/** Undefined where the text is no JSON. */
export function parseJson(json: string): unknown {
  try {
    return JSON.parse(json) as unknown
  } catch {
    return undefined
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const inside = (at: string, name: string) => (at === '' ? name : `${at}.${name}`)
const wrong = (at: string, must: string) => `${at === '' ? 'it' : at} ${must}`

function first<T>(entries: Iterable<T>, check: (entry: T) => string | undefined): string | undefined {
  for (const entry of entries) {
    const problem = check(entry)
    if (problem !== undefined) return problem
  }
  return undefined
}
