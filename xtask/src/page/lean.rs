//! What visitors load without what only we read: comments and indentation of style sheets, scripts and the page itself.

use anyhow::{Context as _, Result};
use std::fs;
use std::path::Path;

/// The page and the scripts that are copied as they are written.
const WRITTEN: [&str; 4] = ["index.html", "worker.js", "offline.js", "later.js"];

/// Makes the page in a folder lean; its style sheet is joined from lean ones.
pub(super) fn make(folder: &Path) -> Result<()> {
    for name in WRITTEN {
        let file = folder.join(name);
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        fs::write(&file, script(&text)).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

/// Lines without indentation; comments that have lines of their own are left out.
fn script(text: &str) -> String {
    let is_comment = |line: &str| {
        line.starts_with("//")
            || (line.starts_with("/*") && line.ends_with("*/"))
            || (line.starts_with("<!--") && line.ends_with("-->"))
    };
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !is_comment(line))
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// A style sheet without comments, and its lines without indentation.
pub(super) fn style(text: &str) -> String {
    let mut parts = text.split("/*");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain += part.split_once("*/").map_or("", |(_, rest)| rest);
    }
    script(&plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_indentation_go_and_everything_else_stays() {
        let page = "<head>\n  <!-- why -->\n  <script>\n    // why\n    const a = \"b // c\"; // stays\n\n    /** What. */\n    \
                    go(`https://x`);\n  </script>\n</head>";
        let lean = "<head>\n<script>\nconst a = \"b // c\"; // stays\ngo(`https://x`);\n</script>\n</head>\n";
        assert_eq!(script(page), lean);
        let sheet = "/* Why,\n   at length. */\n.a {\n  color: red; /* why */\n}\n";
        assert_eq!(style(sheet), ".a {\ncolor: red;\n}\n");
    }
}
