//! How the page gets its program, which lies beside it as streams: its own script puts it together.

use super::pack::without_remarks;
use super::program::UNPACKER;
use crate::workspace::root;
use anyhow::{Context as _, Result, ensure};
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

/// How trunk's script begins to start the program, and what it then names.
const START: &str = "const wasm = await init({ module_or_path: ";

/// Lets the page load this packed program through the unpacker, under a name that tells what is in it: what trunk named
/// was another file, and hosts let browsers keep named files for ever.
pub(super) fn install(folder: &Path, program: &Path) -> Result<()> {
    let unpacker = fs::read_to_string(root().join(UNPACKER)).with_context(|| format!("cannot read {UNPACKER}"))?;
    let mut hasher = DefaultHasher::new();
    fs::read(program)?.hash(&mut hasher);
    let name = format!("program-{:016x}.wasm", hasher.finish());
    let old = program.file_name().and_then(|it| it.to_str()).context("the program's file has no name")?;
    let page = folder.join("index.html");
    let html = fs::read_to_string(&page)?.replace(old, &name);
    let start = format!("{START}'./{name}'");
    ensure!(html.matches(&start).count() == 1, "index.html does not start its program as `{start}`");
    let script = without_remarks(&unpacker).replace("export ", "");
    fs::write(&page, html.replace(&start, &format!("{script}{START}load('./{name}')")))?;
    fs::rename(program, folder.join(name))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_its_program_by_what_is_in_it_and_unpacks_it() {
        let folder = tempfile::tempdir().unwrap();
        let (page, program) = (folder.path().join("index.html"), folder.path().join("page-0123456789abcdef_bg.wasm"));
        let html = "<script type=module>import init from './page-0123456789abcdef.js';\n\
            const wasm = await init({ module_or_path: './page-0123456789abcdef_bg.wasm' });</script>\
            <link href=./page-0123456789abcdef_bg.wasm rel=preload>";
        fs::write(&page, html).unwrap();
        fs::write(&program, b"streams").unwrap();
        install(folder.path(), &program).unwrap();
        let files = crate::page::files(folder.path()).unwrap();
        let name = files.iter().find(|it| crate::page::has_ending(it, &["wasm"])).unwrap();
        assert_eq!(fs::read(name).unwrap(), b"streams");
        let name = name.file_name().unwrap().to_str().unwrap();
        let html = fs::read_to_string(&page).unwrap();
        assert!(html.contains("function unpack(") && !html.contains("export"), "{html}");
        assert!(
            html.ends_with(&format!("{START}load('./{name}') }});</script><link href=./{name} rel=preload>")),
            "{html}"
        );
    }

    #[test]
    fn a_page_that_starts_its_program_in_another_way_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("page_bg.wasm");
        fs::write(&program, b"streams").unwrap();
        fs::write(folder.path().join("index.html"), "<script>init('./page_bg.wasm')</script>").unwrap();
        let error = install(folder.path(), &program).unwrap_err().to_string();
        assert!(error.starts_with("index.html does not start its program as"), "{error}");
        assert!(program.is_file());
    }
}
