#![no_main]

#[path = "../targets.rs"]
#[allow(dead_code)]
mod targets;

static RULES: std::sync::LazyLock<matcha::domain::notice::Rules> =
    std::sync::LazyLock::new(matcha::domain::notice::Rules::embedded);

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::rules(&RULES, data));
