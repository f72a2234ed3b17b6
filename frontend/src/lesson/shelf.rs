//! The page's own lessons: one file beside the page, fetched when somebody wants to learn.

use super::packing::unpack;
use super::{Lesson, LessonError, answers::key_of};
use crate::language::translated;
use crate::route::LessonPlace;
use gloo_net::http::Request;
use std::cell::RefCell;
use std::rc::Rc;

/// Lies beside the page.
const FILE: &str = "lessons.json";

/// A lesson with a name.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedLesson {
    /// Its name in addresses and under which answers are kept.
    pub id: String,
    /// The lesson.
    pub lesson: Rc<Lesson>,
}

/// The page's own lessons in their order.
pub type LessonShelf = Rc<Vec<NamedLesson>>;

thread_local! {
    static FETCHED: RefCell<Option<LessonShelf>> = const { RefCell::new(None) };
}

/// The page's own lessons, fetched once.
pub async fn shelf() -> Result<LessonShelf, LessonError> {
    if let Some(shelf) = FETCHED.with_borrow(Clone::clone) {
        return Ok(shelf);
    }
    let out_of_reach = |reason: String| LessonError::OutOfReach { reason };
    let answer = Request::get(FILE).send().await.map_err(|error| out_of_reach(error.to_string()))?;
    if !answer.ok() {
        return Err(out_of_reach(format!("the server says {}", answer.status())));
    }
    let json = answer.text().await.map_err(|error| out_of_reach(error.to_string()))?;
    let shelf = Rc::new(read(&json)?);
    FETCHED.set(Some(Rc::clone(&shelf)));
    Ok(shelf)
}

/// Reads the file, a list of names and lessons, in the language of the page.
pub fn read(json: &str) -> Result<Vec<NamedLesson>, LessonError> {
    let lessons: Vec<(String, Lesson)> =
        serde_json::from_str(json).map_err(|error| LessonError::Wrong { reason: error.to_string() })?;
    Ok(lessons.into_iter().map(|(id, lesson)| NamedLesson { id, lesson: Rc::new(in_its_language(lesson)) }).collect())
}

/// Whoever makes a lesson of their own out of one begins with what they read.
fn in_its_language(mut lesson: Lesson) -> Lesson {
    for text in lesson.texts() {
        *text = translated(text).into_owned();
    }
    lesson
}

/// A lesson that is to be on show.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundLesson {
    /// The lesson.
    pub lesson: Rc<Lesson>,
    /// Under which its answers are kept.
    pub key: String,
    /// The page's own lesson after it.
    pub next: Option<NamedLesson>,
}

/// The lesson of a place.
pub async fn find(place: &LessonPlace) -> Result<FoundLesson, LessonError> {
    match place {
        LessonPlace::Packed(packed) => {
            Ok(FoundLesson { lesson: Rc::new(unpack(packed)?), key: key_of(packed), next: None })
        }
        LessonPlace::Shelf(id) => {
            let shelf = shelf().await?;
            let missing = || LessonError::Missing { id: id.chars().take(60).collect() };
            let index = shelf.iter().position(|it| it.id == *id).ok_or_else(missing)?;
            let lesson = Rc::clone(&shelf[index].lesson);
            Ok(FoundLesson { lesson, key: id.clone(), next: shelf.get(index + 1).cloned() })
        }
    }
}
