//! The fuzz targets on stable Rust: seeded bytes, and real inputs with seeded damage.
//!
//! `cargo fuzz run rules` does the same with coverage guidance where a nightly toolchain is at hand.

#[path = "../../fuzz/targets.rs"]
mod targets;

use matcha::domain::notice::Rules;
use matcha::rng::Rng;

/// Damages a real input in a few places: bytes flipped, cut out, doubled, or replaced by what parsers trip over.
fn damage(rng: &Rng, input: &[u8]) -> Vec<u8> {
    const SPICE: &[&[u8]] = &[
        b"0.01",
        "元".as_bytes(),
        "¥".as_bytes(),
        b"\"",
        b"{",
        b"\0",
        b"99999999999999999999",
        "\u{200b}".as_bytes(),
    ];
    let mut bytes = input.to_vec();
    for _ in 0..=rng.below(4) {
        let at = usize::try_from(rng.below(bytes.len() as u64 + 1)).unwrap();
        match rng.below(4) {
            0 if at < bytes.len() => bytes[at] ^= 1 << rng.below(8),
            1 if at < bytes.len() => drop(bytes.remove(at)),
            2 => {
                let spice = SPICE[usize::try_from(rng.below(SPICE.len() as u64)).unwrap()];
                bytes.splice(at..at, spice.iter().copied());
            }
            _ => bytes.truncate(at),
        }
    }
    bytes
}

fn noise(rng: &Rng) -> Vec<u8> {
    (0..rng.below(200)).map(|_| rng.bytes::<1>()[0]).collect()
}

fn corpus() -> Vec<serde_json::Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/corpus/notifications.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn no_bytes_make_the_amount_parser_panic() {
    let rng = Rng::seeded(1);
    for _ in 0..20_000 {
        targets::amount(&noise(&rng));
        targets::amount(&damage(&rng, b"1234567.89"));
        targets::amount(&damage(&rng, b"J1137-FKX1K-F4SWK-NTAT6-YWJ8P"));
    }
}

#[test]
fn no_damage_to_a_real_notification_makes_the_rules_invent_an_amount() {
    let (rng, rules) = (Rng::seeded(2), Rules::embedded());
    for row in corpus() {
        let part = |key: &str| row[key].as_str().unwrap_or("").to_owned();
        let input = format!("{}\u{1}{}\u{1}{}", part("title"), part("text"), part("package"));
        for _ in 0..60 {
            targets::rules(&rules, &damage(&rng, input.as_bytes()));
        }
    }
}

#[test]
fn no_damage_to_a_batch_makes_the_bridge_panic() {
    let rng = Rng::seeded(3);
    let notice = r#"{"id":"1","package":"com.tencent.mm","title":"微信支付","text":"x","posted_at":"2026-01-01T00:00:00Z","notification_id":-656511598,"ongoing":false}"#;
    let batch = format!(r#"{{"sent_at":"2026-01-01T00:00:00Z","notices":[{notice}]}}"#);
    for _ in 0..5_000 {
        targets::bridge_body(&damage(&rng, notice.as_bytes()));
        targets::bridge_body(&damage(&rng, batch.as_bytes()));
        targets::bridge_body(&noise(&rng));
    }
}

#[test]
fn no_damage_to_a_picture_gets_through_the_intake() {
    let rng = Rng::seeded(4);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/qrcodes/wechat/0.98.png");
    let picture = std::fs::read(path).unwrap();
    for _ in 0..40 {
        targets::image(&damage(&rng, &picture));
        targets::image(&noise(&rng));
    }
}

/// The texts of a list in the messages that other people's programs signed for Alipay.
fn alipay(file: &str, list: &str, member: &str) -> Vec<String> {
    let path = format!("{}/tests/data/alipay/{file}", env!("CARGO_MANIFEST_DIR"));
    let entries: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let texts = entries[list].as_array().unwrap().iter().filter_map(|entry| entry[member].as_str());
    texts.map(str::to_owned).collect()
}

#[test]
fn no_damage_to_a_notice_of_alipays_makes_its_reader_panic() {
    let rng = Rng::seeded(5);
    for raw in alipay("notify.json", "vectors", "raw") {
        for _ in 0..40 {
            targets::alipay_notice(&damage(&rng, raw.as_bytes()));
        }
        targets::alipay_notice(&noise(&rng));
    }
}

#[test]
fn no_damage_to_an_answer_of_the_gateway_makes_its_reader_panic() {
    let rng = Rng::seeded(6);
    for raw in alipay("responses.json", "vectors", "raw") {
        for _ in 0..40 {
            targets::alipay_response(&damage(&rng, raw.as_bytes()));
        }
        targets::alipay_response(&noise(&rng));
    }
}

#[test]
fn no_damage_to_a_key_or_certificate_makes_its_reader_panic() {
    let rng = Rng::seeded(7);
    let keys = alipay("key_forms.json", "forms", "text");
    for text in keys.into_iter().chain(alipay("certs.json", "sn_vectors", "pem")) {
        for _ in 0..10 {
            targets::alipay_paste(&damage(&rng, text.as_bytes()));
        }
        targets::alipay_paste(&noise(&rng));
    }
}
