//! Each report shows the program that is in `examples/`, and no crate with a confirmed defect is
//! without one.

use std::{collections::BTreeSet, fs, path::Path};

#[test]
fn reports_show_the_programs() {
    for name in reports() {
        let report = read(&format!("reports/{name}.md"));
        let (_, after) = report.split_once("```rust\n").expect("a program");
        let (shown, _) = after.split_once("```").expect("the end of the program");
        assert_eq!(shown, read(&format!("examples/{name}.rs")), "{name}");
    }
}

#[test]
fn each_crate_with_a_defect_has_a_report() {
    let findings: serde_json::Value = serde_json::from_str(&read("findings.json")).expect("JSON");
    let findings = findings["findings"].as_array().expect("findings");
    // Work that is not linear is told of where it is large; some of it is a matter of taste.
    let confirmed = findings
        .iter()
        .filter(|finding| finding["status"] == "confirmed defect" && finding["law"] != "L8");
    let reports = reports();
    for finding in confirmed {
        let krate = finding["crate"].as_str().expect("a name");
        let told = reports.iter().any(|name| read(&format!("reports/{name}.md")).contains(krate));
        assert!(told, "no report tells of {krate}");
    }
}

fn reports() -> BTreeSet<String> {
    let files = fs::read_dir(folder().join("reports")).expect("the reports");
    let names = files.filter_map(|file| file.ok()?.file_name().into_string().ok());
    names.filter_map(|name| name.strip_suffix(".md").map(str::to_owned)).collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(folder().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
