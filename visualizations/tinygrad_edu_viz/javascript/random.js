// NumPy's default_rng: PCG64 (O'Neill 2014), seeded by SeedSequence. The same seed gives the same numbers as in Python.

const low64 = (x) => BigInt.asUintN(64, x), low128 = (x) => BigInt.asUintN(128, x);

class Generator { // new Generator(0) is default_rng(0), new Generator(0, 3) is default_rng([0, 3])
  constructor(...entropy) {
    const [a, b, c, d] = seedWords(entropy.flatMap(words32));
    this.increment = low128((((c << 64n) | d) << 1n) | 1n);
    this.state = low128(this.increment + ((a << 64n) | b));
    this.advance();
    this.half = null;
  }
  advance() {
    this.state = low128(this.state * 0x2360ed051fc65da44385df649fccf645n + this.increment);
  }
  next64() { // the halves, one xor the other, turned right by the highest 6 bits
    this.advance();
    const x = low64(this.state >> 64n) ^ low64(this.state), turn = this.state >> 122n;
    return low64((x >> turn) | (x << (64n - turn)));
  }
  next32() { // each number of 64 bits gives two, the low half first
    if (this.half !== null) {
      const half = this.half;
      this.half = null;
      return half;
    }
    const x = this.next64();
    this.half = Number(x >> 32n);
    return Number(x & 0xffffffffn);
  }
  random() { // in [0, 1), 53 bits
    return Number(this.next64() >> 11n) / 2 ** 53;
  }
  uniform(low, high) {
    return low + (high - low) * this.random();
  }
  below(top) { // a whole number from 0 to top, below 2**32: the first that is not above it
    const mask = 2 ** (32 - Math.clz32(top)) - 1;
    let x;
    do x = (this.next32() & mask) >>> 0;
    while (x > top);
    return x;
  }
  permutation(n) {
    const order = Uint32Array.from({ length: n }, (_, k) => k);
    for (let k = n - 1; k > 0; k--) {
      const j = this.below(k);
      [order[k], order[j]] = [order[j], order[k]];
    }
    return order;
  }
  seed63() { // integers(2**63), of which Dropout's seeds are made
    return this.next64() >> 1n;
  }
}

function words32(n) { // a whole number, or a BigInt, as words of 32 bits, low ones first
  const words = [];
  let rest = BigInt(n);
  do words.push(Number(rest & 0xffffffffn));
  while ((rest >>= 32n));
  return words;
}

function seedWords(entropy) { // SeedSequence(entropy).generate_state(4, uint64)
  let hash = 0x43b0d7e5;
  const hashed = (value) => {
    value ^= hash;
    hash = Math.imul(hash, 0x931e8875);
    value = Math.imul(value, hash);
    return value ^ (value >>> 16);
  };
  const mixed = (x, y) => {
    const z = Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y);
    return z ^ (z >>> 16);
  };
  const pool = [0, 1, 2, 3].map((k) => hashed(entropy[k] ?? 0));
  for (let from = 0; from < 4; from++) {
    for (let to = 0; to < 4; to++) if (from !== to) pool[to] = mixed(pool[to], hashed(pool[from]));
  }
  for (const word of entropy.slice(4)) for (let to = 0; to < 4; to++) pool[to] = mixed(pool[to], hashed(word));
  hash = 0x8b51f9dd;
  const half = (k) => {
    let x = pool[k % 4] ^ hash;
    hash = Math.imul(hash, 0x58f38ded);
    x = Math.imul(x, hash);
    return BigInt((x ^ (x >>> 16)) >>> 0);
  };
  const halves = [0, 1, 2, 3, 4, 5, 6, 7].map(half);
  return [0, 2, 4, 6].map((k) => halves[k] | (halves[k + 1] << 32n));
}

// What the package's Dropout keeps in its call number `step`: out[i] is 0, with probability p, or 1 / (1 - p).
function dropoutFactors(seed, step, p, out) {
  const keys = splitmix(splitmix(BigInt(seed)) + BigInt(step));
  const low = Number(keys & 0xffffffffn), high = Number(keys >> 32n), limit = Math.round(p * 2 ** 32);
  for (let k = 0; k < out.length; k++) { // lowbias32 (Wellons 2018)
    let x = k ^ low;
    x ^= x >>> 16;
    x = Math.imul(x, 0x7feb352d);
    x ^= x >>> 15;
    x = Math.imul((x + high) | 0, 0x846ca68b);
    x ^= x >>> 16;
    out[k] = x >>> 0 >= limit ? 1 / (1 - p) : 0;
  }
}

function splitmix(x) { // 64 well mixed bits (Steele, Lea & Flood 2014)
  x = low64(x + 0x9e3779b97f4a7c15n);
  x = low64((x ^ (x >> 30n)) * 0xbf58476d1ce4e5b9n);
  x = low64((x ^ (x >> 27n)) * 0x94d049bb133111ebn);
  return x ^ (x >> 31n);
}
