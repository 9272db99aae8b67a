/**
 * Checks a value against the part of JSON Schema that hil.boards.schema.json uses, and says where it is wrong. A schema
 * with a keyword that is not checked here is refused, so that the schema never promises more than it does.
 */

export interface Schema {
  [keyword: string]: unknown;
}

export interface Complaint {
  /** As JavaScript would write it: boards[1].console.port. */
  place: string;
  message: string;
}

/** Keywords without a meaning of their own here: texts, and those that another one reads. */
const SILENT = new Set(['$schema', '$id', '$defs', 'title', 'description', 'required', 'discriminator']);

type Check = (value: unknown, argument: unknown, schema: Schema, place: string) => Complaint[];

export class JsonSchema {
  constructor(private readonly root: Schema) {}

  complaints(value: unknown): Complaint[] {
    return this.check(value, this.root, '');
  }

  private check(value: unknown, schema: Schema, place: string): Complaint[] {
    // What follows from a wrong type is noise.
    if (typeof schema.type === 'string' && !isOfType(value, schema.type))
      return [typeComplaint(value, schema.type, place)];
    const found = isObject(value) ? missing(value, schema, place) : [];
    for (const keyword of Object.keys(schema)) {
      if (SILENT.has(keyword) || keyword === 'type') continue;
      const check = this.checks[keyword];
      if (check === undefined) throw new Error(`The schema's keyword '${keyword}' is not known here`);
      found.push(...check(value, schema[keyword], schema, place));
    }
    return found;
  }

  private readonly checks: Record<string, Check> = {
    $ref: (value, reference, _schema, place) => this.check(value, this.resolve(reference as string), place),
    const: (value, wanted, _schema, place) =>
      value === wanted ? [] : [{ place, message: `must be ${JSON.stringify(wanted)}` }],
    enum: (value, choices, _schema, place) =>
      (choices as unknown[]).includes(value)
        ? []
        : [{ place, message: `is ${JSON.stringify(value)}; it takes ${(choices as unknown[]).join(', ')}` }],
    pattern: (value, pattern, _schema, place) =>
      typeof value !== 'string' || new RegExp(pattern as string).test(value)
        ? []
        : [{ place, message: `${JSON.stringify(value)} has not the form ${pattern}` }],
    minLength: (value, least, _schema, place) =>
      typeof value === 'string' && value.length < (least as number) ? [{ place, message: 'is empty' }] : [],
    minItems: (value, least, _schema, place) =>
      Array.isArray(value) && value.length < (least as number) ? [{ place, message: 'is empty' }] : [],
    minimum: (value, least, _schema, place) =>
      (value as number) < (least as number) ? [{ place, message: `is ${value}, less than ${least}` }] : [],
    maximum: (value, most, _schema, place) =>
      (value as number) > (most as number) ? [{ place, message: `is ${value}, more than ${most}` }] : [],
    items: (value, schema, _schema, place) =>
      Array.isArray(value)
        ? value.flatMap((item, index) => this.check(item, schema as Schema, `${place}[${index}]`))
        : [],
    properties: (value, properties, _schema, place) =>
      isObject(value)
        ? Object.entries(properties as Record<string, Schema>).flatMap(([name, schema]) =>
            name in value ? this.check(value[name], schema, member(place, name)) : [],
          )
        : [],
    additionalProperties: (value, rule, schema, place) => {
      if (!isObject(value)) return [];
      const known = (schema.properties ?? {}) as Record<string, Schema>;
      const others = Object.keys(value).filter(name => !(name in known));
      if (rule === false) {
        return others.map(name => ({
          place: member(place, name),
          message: `is not known; known are ${Object.keys(known).join(', ')}`,
        }));
      }
      return others.flatMap(name => this.check(value[name], rule as Schema, member(place, name)));
    },
    // Of several forms, the one whose discriminator fits is the one to complain about.
    oneOf: (value, forms, schema, place) => {
      const name = schema.discriminator as string;
      if (!isObject(value)) return [{ place, message: 'must be an object' }];
      const kindOf = (form: Schema) => (form.properties as Record<string, Schema>)[name].const;
      const form = (forms as Schema[]).find(candidate => kindOf(candidate) === value[name]);
      if (form) return this.check(value, form, place);
      const kinds = (forms as Schema[]).map(kindOf).join(', ');
      const is = value[name] === undefined ? 'is missing' : `is ${JSON.stringify(value[name])}`;
      return [{ place: member(place, name), message: `${is}; it takes ${kinds}` }];
    },
    // Here only: one of these names must be there.
    anyOf: (value, forms, _schema, place) => {
      const results = (forms as Schema[]).map(form => this.check(value, form, place));
      if (results.some(found => found.length === 0)) return [];
      return [{ place, message: `needs one of ${(forms as Schema[]).flatMap(form => form.required).join(', ')}` }];
    },
  };

  private resolve(reference: string): Schema {
    return reference
      .replace(/^#\//, '')
      .split('/')
      .reduce((at: Schema, name) => at[name] as Schema, this.root);
  }
}

function missing(value: Record<string, unknown>, schema: Schema, place: string): Complaint[] {
  return ((schema.required ?? []) as string[])
    .filter(name => !(name in value))
    .map(name => ({ place: member(place, name), message: 'is missing' }));
}

function isOfType(value: unknown, type: string): boolean {
  if (type === 'object') return isObject(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}

function typeComplaint(value: unknown, type: string, place: string): Complaint {
  const is = value === null ? 'null' : Array.isArray(value) ? 'an array' : JSON.stringify(value).slice(0, 40);
  return { place, message: `must be ${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}, not ${is}` };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function member(place: string, name: string): string {
  return place === '' ? name : `${place}.${name}`;
}
