//! Formulas that people type: numbers, names, `+ - * / **` and parentheses, compiled once and evaluated without
//! allocation.
//!
//! Precedence and direction are those of Python: `**` binds tightest and to the right, then signs, then `* /`, then
//! `+ -`, so `-2**2` is -4. The parser is winnow's Pratt parser; `**` is `libm::pow`, the same on every platform.

use winnow::ascii::{digit0, digit1, multispace0};
use winnow::combinator::{Infix, Prefix, alt, cut_err, expression, opt, preceded, terminated};
use winnow::error::{ContextError, ErrMode};
use winnow::prelude::*;
use winnow::stream::Stateful;
use winnow::token::{one_of, take_while};

/// Most characters of a formula.
pub const MAX_CHARACTERS: usize = 500;

/// Deepest nesting, and most numbers waiting for their operator.
const MAX_DEPTH: usize = 32;

/// As deep as formulas usually are.
const USUAL_DEPTH: usize = 4;

/// A formula that cannot be taken, with the position of the fault, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("position {position}: {fault}")]
pub struct FormulaError {
    /// Position of the first character at fault, from 1.
    pub position: usize,
    /// What is wrong and what is allowed.
    pub fault: String,
}

/// A compiled formula.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    /// In postfix order, constants folded; never empty.
    code: Vec<Operation>,
    /// Most values that wait at a time.
    depth: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operation {
    Constant(f64),
    Variable(u8),
    Negate,
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

impl Formula {
    /// Compiles `text` over `names`; the values come in the same order.
    pub fn parse(text: &str, names: &[&str]) -> Result<Self, FormulaError> {
        let at = |offset: usize, fault: String| FormulaError { position: text[..offset].chars().count() + 1, fault };
        if let Some((offset, _)) = text.char_indices().nth(MAX_CHARACTERS) {
            return Err(at(offset, format!("a formula has at most {MAX_CHARACTERS} characters")));
        }
        let state = Compiler { names, code: Vec::new(), nesting: 0, fault: None };
        let mut input = Stateful { input: text, state };
        let parsed = preceded(multispace0, sum).parse_next(&mut input);
        let offset = text.len() - input.input.len();
        if parsed.is_err() || !input.input.is_empty() {
            let expected = if parsed.is_err() { "a number, a name or (" } else { "an operator or the end" };
            let found = input.input.chars().next().map_or("the end".to_owned(), |letter| format!("{letter:?}"));
            let fault = input.state.fault.unwrap_or_else(|| format!("expected {expected}, found {found}"));
            return Err(at(offset, fault));
        }
        let code = input.state.code;
        let formula = Self { depth: depth(&code), code };
        if formula.depth > MAX_DEPTH {
            return Err(at(0, format!("more than {MAX_DEPTH} numbers wait for their operator; use fewer parentheses")));
        }
        Ok(formula)
    }

    /// The value, if it depends on no variable.
    pub fn constant(&self) -> Option<f64> {
        match self.code[..] {
            [Operation::Constant(value)] => Some(value),
            _ => None,
        }
    }

    /// Whether the variable of this index occurs.
    pub fn uses(&self, variable: usize) -> bool {
        self.code.iter().any(|it| matches!(it, Operation::Variable(index) if usize::from(*index) == variable))
    }

    /// The value where the variables have these values. It may be infinite or not a number.
    // As a part of a loop in a tab it takes registers from environments without a formula.
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    pub fn evaluate(&self, variables: &[f64]) -> f64 {
        // Room for the deepest is cleared by a call out of the program there, natively by a few instructions.
        if cfg!(target_arch = "wasm32") && self.depth <= USUAL_DEPTH {
            self.evaluate_on(&mut [0.0; USUAL_DEPTH], variables)
        } else {
            self.evaluate_on(&mut [0.0; MAX_DEPTH], variables)
        }
    }

    fn evaluate_on(&self, stack: &mut [f64], variables: &[f64]) -> f64 {
        let mut height = 0;
        for operation in &self.code {
            match operation {
                Operation::Constant(value) => {
                    stack[height] = *value;
                    height += 1;
                }
                Operation::Variable(index) => {
                    stack[height] = variables[usize::from(*index)];
                    height += 1;
                }
                Operation::Negate => stack[height - 1] = -stack[height - 1],
                binary => {
                    height -= 1;
                    stack[height - 1] = binary.apply(stack[height - 1], stack[height]);
                }
            }
        }
        stack[0]
    }
}

/// Most values on the stack at a time.
fn depth(code: &[Operation]) -> usize {
    let (mut height, mut most) = (0_usize, 0);
    for operation in code {
        match operation {
            Operation::Constant(_) | Operation::Variable(_) => height += 1,
            Operation::Negate => {}
            _ => height -= 1,
        }
        most = most.max(height);
    }
    most
}

impl Operation {
    fn apply(self, left: f64, right: f64) -> f64 {
        match self {
            Self::Add => left + right,
            Self::Subtract => left - right,
            Self::Multiply => left * right,
            Self::Divide => left / right,
            Self::Power => libm::pow(left, right),
            Self::Constant(_) | Self::Variable(_) | Self::Negate => right,
        }
    }
}

/// What the parser builds while it reads.
#[derive(Debug)]
struct Compiler<'a> {
    names: &'a [&'a str],
    code: Vec<Operation>,
    nesting: usize,
    fault: Option<String>,
}

type FormulaInput<'a> = Stateful<&'a str, Compiler<'a>>;

impl Compiler<'_> {
    fn binary(&mut self, operation: Operation) {
        if let [.., Operation::Constant(left), Operation::Constant(right)] = self.code[..] {
            self.code.truncate(self.code.len() - 2);
            self.code.push(Operation::Constant(operation.apply(left, right)));
        } else {
            self.code.push(operation);
        }
    }

    fn negate(&mut self) {
        if let Some(Operation::Constant(value)) = self.code.last_mut() {
            *value = -*value;
        } else {
            self.code.push(Operation::Negate);
        }
    }
}

/// Stops the parser for good.
fn fail(input: &mut FormulaInput<'_>, fault: String) -> ErrMode<ContextError> {
    input.state.fault = Some(fault);
    ErrMode::Cut(ContextError::new())
}

fn sum(input: &mut FormulaInput<'_>) -> ModalResult<()> {
    input.state.nesting += 1;
    if input.state.nesting > MAX_DEPTH {
        return Err(fail(input, format!("parentheses nest more than {MAX_DEPTH} deep")));
    }
    let result = expression(operand).prefix(signs).infix(operator).parse_next(input);
    input.state.nesting -= 1;
    result
}

/// A run of signs is one sign.
fn signs<'a>(input: &mut FormulaInput<'a>) -> ModalResult<Prefix<FormulaInput<'a>, (), ErrMode<ContextError>>> {
    let signs: &str = take_while(1.., ['+', '-', ' ']).parse_next(input)?;
    let negative = signs.matches('-').count() % 2 == 1;
    Ok(Prefix(
        9,
        if negative {
            |input: &mut FormulaInput<'a>, ()| {
                input.state.negate();
                Ok(())
            }
        } else {
            |_: &mut FormulaInput<'a>, ()| Ok(())
        },
    ))
}

fn operator<'a>(input: &mut FormulaInput<'a>) -> ModalResult<Infix<FormulaInput<'a>, (), ErrMode<ContextError>>> {
    macro_rules! fold {
        ($operation:ident) => {
            |input: &mut FormulaInput<'a>, (), ()| {
                input.state.binary(Operation::$operation);
                Ok(())
            }
        };
    }
    let symbol: &str = terminated(alt(("**", "*", "/", "+", "-")), multispace0).parse_next(input)?;
    Ok(match symbol {
        "**" => Infix::Right(11, fold!(Power)),
        "*" => Infix::Left(7, fold!(Multiply)),
        "/" => Infix::Left(7, fold!(Divide)),
        "+" => Infix::Left(5, fold!(Add)),
        _ => Infix::Left(5, fold!(Subtract)),
    })
}

fn operand(input: &mut FormulaInput<'_>) -> ModalResult<()> {
    terminated(alt((number, name, group)), multispace0).parse_next(input)
}

fn number(input: &mut FormulaInput<'_>) -> ModalResult<()> {
    let start = *input.input.as_bytes().first().unwrap_or(&0);
    if !start.is_ascii_digit() && start != b'.' {
        return Err(ErrMode::Backtrack(ContextError::new()));
    }
    let exponent = (one_of(['e', 'E']), opt(one_of(['+', '-'])), digit1);
    let value = (digit0, opt(('.', digit0)), opt(exponent))
        .take()
        .verify_map(|text: &str| text.parse().ok().filter(|value: &f64| value.is_finite()))
        .parse_next(input)
        .map_err(|_: ErrMode<ContextError>| fail(input, "not a number that can be written so".into()))?;
    input.state.code.push(Operation::Constant(value));
    Ok(())
}

fn name(input: &mut FormulaInput<'_>) -> ModalResult<()> {
    let before = input.input;
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || !letter.is_ascii();
    let word: &str = take_while(1.., is_part).parse_next(input)?;
    let Some(index) = input.state.names.iter().position(|name| *name == word) else {
        input.input = before;
        let known = input.state.names.join(", ");
        return Err(fail(input, format!("there is no {word:?}; there are: {known}")));
    };
    input.state.code.push(Operation::Variable(index as u8));
    Ok(())
}

fn group(input: &mut FormulaInput<'_>) -> ModalResult<()> {
    ('(', multispace0).parse_next(input)?;
    cut_err(sum).parse_next(input)?;
    let closed: ModalResult<char> = ')'.parse_next(input);
    closed.map(|_| ()).map_err(|_| {
        let found = input.input.chars().next().map_or("the end".to_owned(), |letter| format!("{letter:?}"));
        fail(input, format!("expected an operator or ), found {found}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NAMES: [&str; 2] = ["hunger", "score"];

    #[track_caller]
    fn check(text: &str, expected: f64) {
        assert_eq!(Formula::parse(text, &NAMES).unwrap().evaluate(&[3.0, 5.0]), expected, "{text}");
    }

    #[track_caller]
    fn check_refused(text: &str, expected: &str) {
        assert_eq!(Formula::parse(text, &NAMES).unwrap_err().to_string(), expected, "{text}");
    }

    #[test]
    fn values_are_those_of_python() {
        check("1", 1.0);
        check(" -0.001 * (hunger + 1) ", -0.004);
        check("-2**2", -4.0);
        check("2**-1", 0.5);
        check("2**3**2", 512.0);
        check("10 - 3 - 2", 5.0);
        check("12 / 3 / 2 * 5", 10.0);
        check("1 + 2 * 3 ** 2", 19.0);
        check("- - 4", 4.0);
        check("2 - -hunger", 5.0);
        check("-hunger ** 2 + score", -4.0);
        check("(1 + hunger) * (score - 1)", 16.0);
        check(".5 + 1.5e1 + 1E-1", 15.6);
    }

    #[test]
    fn faults_have_a_position() {
        check_refused("", "position 1: expected a number, a name or (, found the end");
        check_refused("1 +", "position 4: expected a number, a name or (, found the end");
        check_refused("1 + * 2", "position 5: expected a number, a name or (, found '*'");
        check_refused("2 * appetite", "position 5: there is no \"appetite\"; there are: hunger, score");
        check_refused("(1 + 2", "position 7: expected an operator or ), found the end");
        check_refused("1 + 2)", "position 6: expected an operator or the end, found ')'");
        check_refused("3 hunger", "position 3: expected an operator or the end, found 'h'");
        check_refused("2 × 3", "position 3: expected an operator or the end, found '×'");
        check_refused("__import__('os')", "position 1: there is no \"__import__\"; there are: hunger, score");
        check_refused("()", "position 2: expected a number, a name or (, found ')'");
        check_refused("1e999", "position 1: not a number that can be written so");
        check_refused(".", "position 1: not a number that can be written so");
        check_refused(&"1+".repeat(300), "position 501: a formula has at most 500 characters");
        check_refused(&"(".repeat(400), "position 33: parentheses nest more than 32 deep");
    }

    #[test]
    fn constants_are_folded() {
        assert_eq!(Formula::parse("-(2 + 3) * 2 ** 2", &NAMES).unwrap().constant(), Some(-20.0));
        let formula = Formula::parse("score / 2", &NAMES).unwrap();
        assert_eq!((formula.constant(), formula.uses(0), formula.uses(1)), (None, false, true));
    }

    proptest! {
        #[test]
        fn any_text_parses_or_is_refused_within_it(text in "[0-9a-z_ .+*/()-]{0,80}") {
            match Formula::parse(&text, &NAMES) {
                Ok(formula) => { formula.evaluate(&[1.0, 2.0]); }
                Err(error) => prop_assert!((1..=text.chars().count() + 1).contains(&error.position), "{error}"),
            }
        }
    }
}
