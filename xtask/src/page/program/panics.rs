//! Takes out of the page's program what a panic would say.
//!
//! A panic is a defect of ours, and no visitor reads its message; but every place that could panic carries its position
//! in the sources, and the standard library the code that writes messages: 14 kB compressed. In the packed page a panic
//! is a trap right away, and the browser shows the stack as it does after a message. Builds for debugging say all.

use super::functions_in;
use anyhow::{Result, ensure};
use std::collections::BTreeSet;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{CodeSection, ConstExpr, DataSection, Function, Module};
use wasmparser::{Data, DataKind, FunctionBody, KnownCustom, Name, Operator, Parser, Payload};

/// Bytes of a position in the sources: address and length of the file's name, line, column.
const POSITION: usize = 16;

/// Puts a trap in place of each of the standard library's functions that panic, and zeros for positions.
/// The program must have its names.
pub(super) fn silence(program: &[u8]) -> Result<Vec<u8>> {
    let (mut panicking, mut imports) = (BTreeSet::new(), 0);
    for payload in Parser::new(0).parse_all(program) {
        match payload? {
            Payload::ImportSection(section) => imports = functions_in(section)?,
            Payload::CustomSection(section) => {
                let KnownCustom::Name(names) = section.as_known() else { continue };
                for name in names {
                    let Name::Function(functions) = name? else { continue };
                    for function in functions {
                        let function = function?;
                        if panics(function.name) {
                            panicking.insert(function.index);
                        }
                    }
                }
            }
            _ => {}
        }
    }
    ensure!(!panicking.is_empty(), "no function of the program panics by its name: the program has lost its names");
    let mut module = Module::new();
    let mut silencer = Silencer { panicking, next: imports };
    utils::parse_core_module(&mut silencer, &mut module, Parser::new(0), program)?;
    Ok(module.finish())
}

/// Whether a function of this name is the standard library's and never returns.
fn panics(name: &str) -> bool {
    // Before the path may stand the hash of its crate, as in core[0123456789abcdef], after it the function's own.
    let path: Vec<&str> = name.split("::").filter(|it| !is_hash(it)).collect();
    let [library, modules @ .., function] = &path[..] else { return false };
    let library = library.split('[').next().unwrap_or_default();
    let function = function.split('<').next().unwrap_or_default();
    ["core", "alloc", "std"].contains(&library)
        && (library == "core" && modules.first() == Some(&"panicking")
            || function.starts_with("panic_")
            || ["_failed", "_fail", "_fail_rt"].iter().any(|end| function.ends_with(end))
            || ["handle_error", "handle_alloc_error", "capacity_overflow"].contains(&function))
}

fn is_hash(part: &str) -> bool {
    part.strip_prefix('h').is_some_and(|it| it.len() == 16 && it.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Writes a program anew, but for panics.
struct Silencer {
    panicking: BTreeSet<u32>,
    /// Index of the function whose body comes next.
    next: u32,
}

impl Reencode for Silencer {
    type Error = std::convert::Infallible;

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), Error<Self::Error>> {
        let index = self.next;
        self.next += 1;
        if !self.panicking.contains(&index) {
            return utils::parse_function_body(self, code, body);
        }
        let mut trap = Function::new([]);
        trap.instructions().unreachable().end();
        code.function(&trap);
        Ok(())
    }

    fn parse_data(&mut self, data: &mut DataSection, datum: Data<'_>) -> Result<(), Error<Self::Error>> {
        let DataKind::Active { memory_index, offset_expr } = &datum.kind else {
            return utils::parse_data(self, data, datum);
        };
        let Operator::I32Const { value: start } = offset_expr.get_operators_reader().read()? else {
            return utils::parse_data(self, data, datum);
        };
        let mut bytes = datum.data.to_vec();
        clear_positions(&mut bytes, start as usize);
        data.active(*memory_index, &ConstExpr::i32_const(start), bytes);
        Ok(())
    }
}

/// Zeros all positions in sources, and the names of the files that they name. `start` is the address of the first byte.
fn clear_positions(bytes: &mut [u8], start: usize) {
    let mut names = BTreeSet::new();
    for place in (start.next_multiple_of(4) - start..bytes.len().saturating_sub(POSITION - 1)).step_by(4) {
        let [address, length, line, column] = [0, 4, 8, 12].map(|offset| word(bytes, place + offset));
        let Some(first) = address.checked_sub(start) else { continue };
        let Some(name) = bytes.get(first..first + length) else { continue };
        let is_path = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-".contains(byte);
        if (1..20_000).contains(&line)
            && (1..400).contains(&column)
            && name.ends_with(b".rs")
            && name.iter().all(is_path)
        {
            names.insert((first, length));
            bytes[place..place + POSITION].fill(0);
        }
    }
    for (first, length) in names {
        bytes[first..first + length].fill(0);
    }
}

fn word(bytes: &[u8], place: usize) -> usize {
    bytes[place..].first_chunk().map_or(0, |word| u32::from_le_bytes(*word) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{FunctionSection, MemorySection, MemoryType, NameMap, NameSection, TypeSection};

    #[test]
    fn what_never_returns_in_the_standard_library_panics() {
        for name in [
            "core[c5930c85a12de822]::panicking::panic_fmt",
            "core::panicking::panic_display::hf931e712da5a8135",
            "core[c5930c85a12de822]::panicking::assert_failed::<usize, usize>",
            "core[c5930c85a12de822]::option::unwrap_failed",
            "core[c5930c85a12de822]::str::slice_error_fail_rt",
            "alloc[3ca501edff3f0c7c]::raw_vec::handle_error",
            "std[a543996e6e7dbf1e]::panicking::panic_with_hook",
        ] {
            assert!(panics(name), "{name}");
        }
        for name in [
            "std[a543996e6e7dbf1e]::panicking::set_hook",
            "std[a543996e6e7dbf1e]::panicking::panic_count::is_zero_slow_path",
            "hashbrown::raw::Fallibility::capacity_overflow::h079cf9823979cb93",
            "frontend::session::last_load_failed::h0123456789abcdef",
            "panic_fmt",
        ] {
            assert!(!panics(name), "{name}");
        }
    }

    #[test]
    fn panics_become_traps_and_forget_where_they_were() {
        let source = *b"a/b.rs__kept.rs_";
        let position: Vec<u8> = [1024_u32, 6, 12, 34].iter().flat_map(|it| it.to_le_bytes()).collect();
        let (silent, bodies) =
            read(&silence(&program(&[&source[..], &position].concat(), "core::panicking::panic")).unwrap());
        assert_eq!(bodies, [vec![0, 0x00, 0x0b], vec![0, 0x01, 0x0b]]);
        assert_eq!(silent, [b"\0\0\0\0\0\0__kept.rs_".as_slice(), &[0; 16]].concat());
    }

    #[test]
    fn a_program_without_names_is_an_error() {
        let error = silence(&program(b"", "f")).unwrap_err().to_string();
        assert!(error.contains("lost its names"), "{error}");
    }

    /// Two functions, each one operation long, of which the first has this name; and data from address 1024.
    fn program(data: &[u8], name: &str) -> Vec<u8> {
        let mut module = Module::new();
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut functions = FunctionSection::new();
        functions.function(0).function(0);
        let mut memories = MemorySection::new();
        memories.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None });
        let mut code = CodeSection::new();
        for _ in 0..2 {
            let mut nothing = Function::new([]);
            nothing.instructions().nop().end();
            code.function(&nothing);
        }
        let mut segments = DataSection::new();
        segments.active(0, &ConstExpr::i32_const(1024), data.iter().copied());
        let mut map = NameMap::new();
        map.append(0, name);
        map.append(1, "frontend::main");
        let mut names = NameSection::new();
        names.functions(&map);
        module.section(&types).section(&functions).section(&memories).section(&code).section(&segments).section(&names);
        module.finish()
    }

    /// Data and bodies of a program.
    fn read(program: &[u8]) -> (Vec<u8>, Vec<Vec<u8>>) {
        let (mut data, mut bodies) = (Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(program) {
            match payload.unwrap() {
                Payload::DataSection(section) => data.extend(section.into_iter().flat_map(|it| it.unwrap().data)),
                Payload::CodeSectionEntry(body) => bodies.push(body.as_bytes().to_vec()),
                _ => {}
            }
        }
        (data, bodies)
    }
}
