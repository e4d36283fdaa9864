// Opens what `matcha seal` sealed: "ms1.{key version}.{nonce, ciphertext and tag}", AES-256-GCM; a text is gzipped.
// The associated data binds site, product, key version and name: a text of another article does not open here.

const bytes = base64url => Uint8Array.from(atob(base64url.replace(/-/g, "+").replace(/_/g, "/")), c => c.charCodeAt());

// The version of the key that a sealed text wants, and its box; nothing where this script does not know the format.
export const parse = sealed => /^ms1\.(\d+)\.([\w-]+)$/.exec(sealed) || [];

// `about`: site, product, key version and name.
export const decrypt = async (box, key, ...about) => crypto.subtle.decrypt(
  { name: "AES-GCM", iv: box.slice(0, 12), additionalData: new TextEncoder().encode(["ms1", ...about].join("\n")) },
  await crypto.subtle.importKey("raw", bytes(key), "AES-GCM", false, ["decrypt"]),
  box.slice(12),
);

export const openText = async (box, ...about) =>
  new Response(new Blob([await decrypt(bytes(box), ...about, "text")]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
