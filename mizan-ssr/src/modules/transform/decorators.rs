//! Decorators and `accessor`.

use oxc::ast::ast::{AccessorProperty, Decorator, Program};
use oxc::ast_visit::Visit;

/// The functions that the code of transformed decorators calls, as TypeScript defines them.
pub(super) const HELPERS: &str = "const babelHelpers = { \
    decorate(decorators, target, key, descriptor) { \
        const isClass = arguments.length < 3; \
        let result = isClass ? target : descriptor === null ? Object.getOwnPropertyDescriptor(target, key) : descriptor; \
        for (let at = decorators.length - 1; at >= 0; at--) { \
            if (decorators[at]) result = (isClass ? decorators[at](result) : decorators[at](target, key, result)) || result; \
        } \
        if (!isClass && result) Object.defineProperty(target, key, result); \
        return result; \
    }, \
    decorateParam: (index, decorator) => (target, key) => decorator(target, key, index), \
    decorateMetadata: (key, value) => globalThis.Reflect?.metadata?.(key, value), \
}; ";

/// The object with [`HELPERS`].
pub(super) const HELPERS_OBJECT: &str = "babelHelpers.";

/// The decorators and `accessor` properties of a module.
#[derive(Default)]
pub(super) struct ClassFeatures {
    /// The position of the first decorator.
    pub(super) decorator: Option<u32>,
    pub(super) has_accessor: bool,
}

impl ClassFeatures {
    pub(super) fn of(source: &str, program: &Program<'_>) -> Self {
        let mut features = Self::default();
        if source.contains('@') || source.contains("accessor") {
            features.visit_program(program);
        }
        features
    }
}

impl<'a> Visit<'a> for ClassFeatures {
    fn visit_decorator(&mut self, it: &Decorator<'a>) {
        self.decorator.get_or_insert(it.span.start);
    }

    fn visit_accessor_property(&mut self, it: &AccessorProperty<'a>) {
        self.has_accessor = true;
        for decorator in &it.decorators {
            self.visit_decorator(decorator);
        }
    }
}
