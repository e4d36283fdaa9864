//! Signing and verifying, each beside the bare library in the same run: what canonical text, base64 and JSON add.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use matcha::alipay::canonical;
use matcha::alipay::keyring::Keyring;
use matcha::alipay::keys::{PrivateKey, PublicKey};
use matcha::alipay::notice::{Form, Receiver};
use matcha::alipay::response;
use matcha::alipay::sign::SignType;
use matcha::domain::time::Timestamp;
use matcha::rng::Rng;
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::rand_core::{TryCryptoRng, TryRng};
use rsa::sha2::{Digest as _, Sha256};
use serde_json::Value;

fn file(name: &str) -> Value {
    let path = format!("{}/tests/data/alipay/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).expect("a file")).expect("JSON")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// The entry of this name in a file's vectors.
fn vector(file: &Value, name: &str) -> Value {
    let entries = file["vectors"].as_array().expect("vectors");
    entries.iter().find(|entry| entry["name"] == name).expect("an entry").clone()
}

/// The program's generator for the bare library.
struct Chance<'a>(&'a Rng);

impl TryRng for Chance<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.0.bytes()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.0.bytes()))
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Infallible> {
        for byte in into {
            [*byte] = self.0.bytes();
        }
        Ok(())
    }
}

impl TryCryptoRng for Chance<'_> {}

fn signing(c: &mut Criterion) {
    let (keys, requests) = (file("keys.json"), file("requests.json"));
    let pem = text(&keys["app"]["private"]["pkcs8_pem"]);
    let signed = &vector(&requests, "precreate")["signed_by"][0];
    let mut params: BTreeMap<String, String> =
        serde_json::from_value(signed["params"].clone()).expect("parameters");
    params.remove("sign");
    let canonical = text(&signed["canonical"]).to_owned();
    let (ours, rng) = (PrivateKey::paste(pem).expect("a key"), Rng::seeded(1));
    let bare = rsa::PrivateKey::from_pkcs8_pem(pem).expect("a key");

    let mut group = c.benchmark_group("alipay sign");
    group.bench_function("rsa alone, not blinded", |b| {
        b.iter(|| bare.pkcs1v15_sign::<Sha256>(black_box(canonical.as_bytes())));
    });
    group.bench_function("rsa alone, blinded", |b| {
        let padding = || rsa::Pkcs1v15Sign::new::<Sha256>();
        b.iter(|| {
            let digest = Sha256::digest(black_box(canonical.as_bytes()));
            bare.sign_with_rng(&mut Chance(&rng), padding(), &digest)
        });
    });
    group.bench_function("a request", |b| {
        b.iter(|| {
            let text = canonical::of_request(black_box(&params));
            ours.sign(SignType::Rsa2, text.as_bytes(), &rng)
        });
    });
    group.finish();
}

fn verifying(c: &mut Criterion) {
    let (keys, notices, responses) = (file("keys.json"), file("notify.json"), file("responses.json"));
    let key = PublicKey::paste(text(&keys["alipay"]["public"]["spki_pem"])).expect("a key");
    let keyring = Keyring::of_keys(SignType::Rsa2, vec![key.clone()]);
    let (notice, answer) = (vector(&notices, "success"), vector(&responses, "query_success"));
    let receiver = Receiver { app_id: text(&keys["app_id"]), seller_id: None, keyring: &keyring };
    let (signed_text, signature) =
        (text(&notice["signed_text"]).to_owned(), text(&notice["sign"]).to_owned());
    let (raw_notice, raw_answer) = (text(&notice["raw"]).to_owned(), text(&answer["raw"]).to_owned());

    let mut group = c.benchmark_group("alipay verify");
    group.bench_function("rsa alone", |b| {
        b.iter(|| key.verifies(SignType::Rsa2, black_box(signed_text.as_bytes()), &signature));
    });
    group.bench_function("a notice", |b| {
        b.iter(|| {
            let form = Form::parse(black_box(raw_notice.as_bytes())).expect("a form");
            form.verify(&receiver, Timestamp::MAX).expect("a notice").event()
        });
    });
    group.bench_function("an answer", |b| {
        b.iter(|| {
            let raw = black_box(raw_answer.as_bytes());
            response::read(raw, None, "alipay.trade.query", &keyring, None, Timestamp::MAX)
        });
    });
    group.finish();
}

criterion_group! {
    name = alipay;
    config = Criterion::default().sample_size(20);
    targets = signing, verifying
}
criterion_main!(alipay);
