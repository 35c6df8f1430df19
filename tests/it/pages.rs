//! README, guide and theory show what the command prints, and links between pages lead somewhere.
//!
//! A block ```` ```text ```` right after a block ```` ```sh ```` is what these commands print. Words
//! and rows are compared; numbers are not, since times differ from run to run.
//! `DEBLAIS_WRITE_PAGES=1 cargo test --test it pages` writes the present output into the pages.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

const SHELL: &str = "```sh\n";
const TEXT: &str = "```\n\n```text\n";
const END: &str = "```\n";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn pages(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect()
}

/// Runs shell commands in a new folder with the example data, and returns all that they print.
fn printed(commands: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    symlink(root().join("examples"), folder.path().join("examples")).unwrap();
    symlink(env!("CARGO_BIN_EXE_deblais"), folder.path().join("deblais")).unwrap();
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let script = format!("exec 2>&1\n{commands}");
    let output = Command::new("sh")
        .args(["-ec", &script])
        .current_dir(folder.path())
        .env("PATH", path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{commands}{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stdout).unwrap()
}

/// The words of every line, with a sign in place of every number.
fn words(text: &str) -> Vec<Vec<String>> {
    let word = |word: &str| {
        let number = word.contains(|c: char| c.is_ascii_digit());
        if number { "#".to_owned() } else { word.to_owned() }
    };
    text.lines().map(|line| line.split_whitespace().map(word).collect()).collect()
}

/// The page with the present output of its commands.
fn rewritten(page: &str) -> String {
    let mut parts = page.split(SHELL);
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        out += SHELL;
        let (commands, rest) = part.split_once("```\n").expect("blocks end");
        match part[commands.len()..].strip_prefix(TEXT) {
            Some(shown) => {
                let (_, after) = shown.split_once(END).expect("blocks end");
                out += &[commands, TEXT, &printed(commands), END, after].concat();
            }
            None => out += &[commands, END, rest].concat(),
        }
    }
    out
}

#[test]
fn pages_show_what_the_command_prints() {
    let write = std::env::var_os("DEBLAIS_WRITE_PAGES").is_some();
    let folders = ["docs/guide", "docs/theory"].map(|folder| pages(&root().join(folder)));
    for path in folders.into_iter().flatten().chain([root().join("README.md")]) {
        let page = fs::read_to_string(&path).unwrap();
        let now = rewritten(&page);
        if write {
            fs::write(&path, now).unwrap();
        } else {
            for (shown, now) in words(&page).iter().zip(words(&now)) {
                assert_eq!(*shown, now, "{}", path.display());
            }
            assert_eq!(page.lines().count(), now.lines().count(), "{}", path.display());
        }
    }
}

#[test]
fn links_between_pages_lead_somewhere() {
    let folders = ["", "docs", "docs/guide", "docs/theory", "docs/notes", "examples/data"];
    for path in folders.iter().flat_map(|folder| pages(&root().join(folder))) {
        let page = fs::read_to_string(&path).unwrap();
        let links = page.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
        for (link, _) in links.filter(|(link, _)| !link.starts_with("http")) {
            let file = link.split('#').next().unwrap();
            let target = path.parent().unwrap().join(file);
            assert!(file.is_empty() || target.exists(), "{}: {link}", path.display());
        }
    }
}
