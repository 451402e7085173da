// Values held against the protocol's metaModel.json: what does not fit, and where.
'use strict';

class Model {
  constructor(json) {
    this.requests = new Map(json.requests.map((r) => [r.method, r]));
    this.notifications = new Map(json.notifications.map((n) => [n.method, n]));
    this.named = new Map();
    for (const kind of ['structures', 'enumerations', 'typeAliases']) {
      for (const one of json[kind]) this.named.set(one.name, { kind, ...one });
    }
  }

  // Why `value` is not of the type; undefined: it is.
  fault(type, value, path) {
    switch (type.kind) {
      case 'base':
        return this.baseFault(type.name, value, path);
      case 'reference':
        return this.namedFault(type.name, value, path);
      case 'array':
        if (!Array.isArray(value)) return `${path}: no array`;
        return first(value, (one, i) => this.fault(type.element, one, `${path}[${i}]`));
      case 'tuple':
        if (!Array.isArray(value) || value.length !== type.items.length) return `${path}: no tuple`;
        return first(value, (one, i) => this.fault(type.items[i], one, `${path}[${i}]`));
      case 'map':
        if (!isObject(value)) return `${path}: no map`;
        return first(Object.entries(value), ([k, one]) => this.fault(type.value, one, `${path}.${k}`));
      case 'or': {
        const faults = type.items.map((item) => this.fault(item, value, path));
        return faults.includes(undefined) ? undefined : faults.join('; or ');
      }
      case 'and':
        return first(type.items, (item) => this.fault(item, value, path));
      case 'literal':
        return this.membersFault(type.value.properties, value, path);
      case 'stringLiteral':
      case 'integerLiteral':
      case 'booleanLiteral':
        return value === type.value ? undefined : `${path}: not ${JSON.stringify(type.value)}`;
      default:
        return `${path}: the model has an unknown kind ${type.kind}`;
    }
  }

  baseFault(name, value, path) {
    const fits = {
      URI: () => typeof value === 'string',
      DocumentUri: () => typeof value === 'string' && /^[a-z][a-z0-9+.-]*:/i.test(value),
      RegExp: () => typeof value === 'string',
      string: () => typeof value === 'string',
      boolean: () => typeof value === 'boolean',
      null: () => value === null,
      integer: () => Number.isInteger(value),
      uinteger: () => Number.isInteger(value) && value >= 0,
      decimal: () => typeof value === 'number',
    }[name];
    return fits && fits() ? undefined : `${path}: no ${name}`;
  }

  namedFault(name, value, path) {
    if (name.startsWith('LSP')) return undefined; // any value
    const of = this.named.get(name);
    if (!of) return `${path}: the model does not know ${name}`;
    if (of.kind === 'typeAliases') return this.fault(of.type, value, path);
    if (of.kind === 'enumerations') {
      const known = of.values.some((one) => one.value === value);
      const custom = of.supportsCustomValues && typeof value === typeof of.values[0].value;
      return known || custom ? undefined : `${path}: no ${name}`;
    }
    return this.membersFault(this.members(of), value, path);
  }

  members(structure) {
    const all = [...structure.properties];
    for (const base of [...(structure.extends || []), ...(structure.mixins || [])]) {
      all.push(...this.members(this.named.get(base.name)));
    }
    return all;
  }

  // What the protocol does not name is a fault, too.
  membersFault(members, value, path) {
    if (!isObject(value)) return `${path}: no object`;
    const names = new Set(members.map((m) => m.name));
    const stranger = Object.keys(value).find((key) => !names.has(key));
    if (stranger) return `${path}.${stranger}: not in the protocol`;
    return first(members, (m) => {
      if (value[m.name] === undefined) return m.optional ? undefined : `${path}.${m.name}: missing`;
      return this.fault(m.type, value[m.name], `${path}.${m.name}`);
    });
  }
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function first(list, fault) {
  for (let i = 0; i < list.length; i++) {
    const why = fault(list[i], i);
    if (why) return why;
  }
  return undefined;
}

module.exports = { Model };
