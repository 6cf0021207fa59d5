use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Once};

use v8::script_compiler::{
    CachedData, CompileOptions, NoCacheReason, Source, compile_function as compile_body,
};

use self::buffers::Buffers;
use super::{BUFFER_REFUSED, Engine, Fault, Interrupter, SCRIPTS, function_of};
use crate::cache::CompiledCode;
use crate::host::{Host, OPERATIONS, Value};
use crate::loader::Module;

mod buffers;

/// The engine to deploy: one isolate, on the thread that made it.
pub(super) struct V8Engine {
    // Fields drop in order: handles before the isolate that they point into.
    realm: Option<Realm>,
    slot: Rc<Slot>,
    isolate: v8::OwnedIsolate,
    platform: v8::SharedRef<v8::Platform>,
    limit: Box<HeapLimit>,
    interrupter: Interrupter,
}

struct Realm {
    context: v8::Global<v8::Context>,
    mizan: v8::Global<v8::Object>,
    /// Functions of `mizan` that were called.
    functions: Vec<(&'static str, v8::Global<v8::Function>)>,
}

/// No function of `mizan` takes more.
const MOST_ARGUMENTS: usize = 4;

/// What callbacks, which can capture nothing, find in the isolate.
struct Slot {
    host: Rc<Host>,
    rejections: RefCell<Vec<(v8::Global<v8::Promise>, v8::Global<v8::Value>)>>,
    /// Modules that were compiled from their source, and their functions.
    compiled: RefCell<Vec<(Arc<Module>, v8::Global<v8::Function>)>>,
    buffers: Arc<Buffers>,
}

struct HeapLimit {
    handle: v8::IsolateHandle,
    reached: Cell<bool>,
}

/// Sets V8 up, once a process.
pub(super) fn initialize() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // What a collection found to be garbage is free when it ends. V8 would let another thread see to that,
        // and refuse a buffer for want of what that thread has not come to.
        v8::V8::set_flags_from_string("--no-concurrent-array-buffer-sweeping");
        // Else loops around a builtin that loops, as `fill` does, cannot be ended.
        v8::V8::set_flags_from_string("--no-turboshaft-loop-unrolling");
        if let Err(code) = v8::icu::set_common_data_78(deno_core_icudata::ICU_DATA) {
            tracing::warn!(code, "the ICU data does not fit V8; Intl will not work");
        }
        // Unprotected: a renderer may be built by a thread that is not the parent of all others, and
        // V8's protection keys would end the process there (denoland/deno_core#1091).
        let platform = v8::new_unprotected_default_platform(0, false).make_shared();
        v8::V8::initialize_platform(platform);
        v8::V8::initialize();
    });
}

impl V8Engine {
    pub(super) fn start(host: &Rc<Host>, heap: usize) -> Result<Self, Fault> {
        initialize();
        let buffers = Buffers::new(heap);
        let params = v8::CreateParams::default()
            .heap_limits(0, heap)
            // Three half-spaces of 32 MB, of which V8 takes what it needs: what a large page is made of should
            // not have to be moved before it is garbage.
            .set_max_young_generation_size_in_bytes((96 << 20).min(heap / 8 * 3))
            .array_buffer_allocator(buffers.allocator());
        let mut isolate = v8::Isolate::new(params);
        isolate.set_microtasks_policy(v8::MicrotasksPolicy::Explicit);
        isolate.set_promise_reject_callback(on_rejection);
        let slot = Rc::new(Slot {
            host: Rc::clone(host),
            rejections: RefCell::default(),
            compiled: RefCell::default(),
            buffers,
        });
        isolate.set_slot(Rc::clone(&slot));
        let limit = Box::new(HeapLimit {
            handle: isolate.thread_safe_handle(),
            reached: Cell::new(false),
        });
        let data: *const HeapLimit = &raw const *limit;
        isolate.add_near_heap_limit_callback(on_heap_limit, data.cast_mut().cast());
        let handle = isolate.thread_safe_handle();
        let mut engine = Self {
            realm: None,
            slot,
            isolate,
            platform: v8::V8::get_current_platform(),
            limit,
            interrupter: Arc::new(move || {
                handle.terminate_execution();
            }),
        };
        engine.boot()?;
        Ok(engine)
    }

    fn boot(&mut self) -> Result<(), Fault> {
        v8::scope!(let handles, &mut self.isolate);
        let context = v8::Context::new(handles, v8::ContextOptions::default());
        let scope = &mut v8::ContextScope::new(handles, context);
        v8::tc_scope!(let scope, scope);
        let offered = v8::Object::new(scope);
        let mizan = v8::Object::new(scope);
        let prepared = (|| {
            for (index, name) in OPERATIONS.iter().enumerate() {
                let index = v8::Integer::new(scope, i32::try_from(index).ok()?);
                let function = v8::Function::builder(operation)
                    .data(index.into())
                    .build(scope)?;
                let key = v8::String::new(scope, name)?;
                offered.set(scope, key.into(), function.into())?;
            }
            let function = v8::Function::builder(compile).build(scope)?;
            let key = v8::String::new(scope, "compile")?;
            offered.set(scope, key.into(), function.into())?;
            for (name, source) in SCRIPTS {
                let (script, _) = compile_function(scope, name, &["host", "mizan"], source, None)?;
                let receiver = v8::undefined(scope).into();
                script.call(scope, receiver, &[offered.into(), mizan.into()])?;
            }
            Some(())
        })();
        if prepared.is_none() {
            let reason = match scope.exception() {
                Some(thrown) => thrown.to_rust_string_lossy(scope),
                None => "it was ended".into(),
            };
            return Err(Fault::Broken(format!(
                "the scripts of the renderer: {reason}"
            )));
        }
        self.realm = Some(Realm {
            context: v8::Global::new(scope, context),
            mizan: v8::Global::new(scope, mizan),
            functions: Vec::new(),
        });
        Ok(())
    }

    /// What ended the code, where it was not an exception of its own.
    fn ended(&self) -> Fault {
        if self.limit.reached.get() {
            Fault::OutOfMemory
        } else {
            Fault::Interrupted
        }
    }
}

impl Engine for V8Engine {
    fn call(&mut self, name: &'static str, arguments: &[Value]) -> Result<Value, Fault> {
        let Some(realm) = &mut self.realm else {
            return Err(Fault::Broken("the realm was not made".into()));
        };
        let called = {
            v8::scope!(let handles, &mut self.isolate);
            let context = v8::Local::new(handles, &realm.context);
            let scope = &mut v8::ContextScope::new(handles, context);
            v8::tc_scope!(let scope, scope);
            // Nobody reads where something was thrown, and V8 walks the stack to know: React throws for
            // each part that suspends.
            scope.set_capture_message(false);
            let mizan = v8::Local::new(scope, &realm.mizan);
            let result = (|| {
                let known = realm.functions.iter().find(|(known, _)| *known == name);
                let function = match known {
                    Some((_, function)) => v8::Local::new(scope, function),
                    None => {
                        let function = function_named(scope, mizan, name)?;
                        let kept = v8::Global::new(scope, function);
                        realm.functions.push((name, kept));
                        function
                    }
                };
                let mut values = [v8::undefined(scope).into(); MOST_ARGUMENTS];
                for (value, argument) in values.iter_mut().zip(arguments) {
                    *value = to_js(scope, argument)?;
                }
                function.call(scope, mizan.into(), &values[..arguments.len()])
            })();
            match result {
                Some(value) => Some(Ok(from_js(scope, value))),
                None if scope.has_terminated() => None,
                None => {
                    let thrown = scope.exception();
                    scope.reset();
                    thrown.map(|thrown| Err(describe(scope, mizan, thrown)))
                }
            }
        };
        called.unwrap_or_else(|| Err(self.ended()))
    }

    fn run_jobs(&mut self) -> Result<(), Fault> {
        let Some(realm) = &self.realm else {
            return Ok(());
        };
        let ended = {
            v8::scope!(let handles, &mut self.isolate);
            let context = v8::Local::new(handles, &realm.context);
            let scope = &mut v8::ContextScope::new(handles, context);
            v8::tc_scope!(let scope, scope);
            scope.perform_microtask_checkpoint();
            scope.has_terminated() || scope.is_execution_terminating()
        };
        if ended { Err(self.ended()) } else { Ok(()) }
    }

    fn rest(&mut self) -> Result<(), Fault> {
        // Above all, V8 asks to collect what is young before its space is full, and little is alive now. What
        // would run code of modules in such a task does not exist: see `js/globals.js`.
        while v8::Platform::pump_message_loop(&self.platform, &self.isolate, false) {}
        if self.limit.reached.get() {
            Err(Fault::OutOfMemory)
        } else {
            Ok(())
        }
    }

    fn take_rejections(&mut self) -> Vec<String> {
        let rejections = self.slot.rejections.take();
        let (Some(realm), false) = (&self.realm, rejections.is_empty()) else {
            return Vec::new();
        };
        v8::scope!(let handles, &mut self.isolate);
        let context = v8::Local::new(handles, &realm.context);
        let scope = &mut v8::ContextScope::new(handles, context);
        v8::tc_scope!(let scope, scope);
        let mizan = v8::Local::new(scope, &realm.mizan);
        rejections
            .iter()
            .filter_map(|(_, reason)| {
                let reason = v8::Local::new(scope, reason);
                match describe(scope, mizan, reason) {
                    Fault::Thrown(described) => Some(described),
                    _ => None,
                }
            })
            .collect()
    }

    fn renew(&mut self) -> Result<(), Fault> {
        self.realm = None;
        self.slot.rejections.borrow_mut().clear();
        self.boot()
    }

    fn take_compiled(&mut self) -> Vec<Arc<Module>> {
        let compiled = self.slot.compiled.take();
        if compiled.is_empty() {
            return Vec::new();
        }
        v8::scope!(let handles, &mut self.isolate);
        compiled
            .into_iter()
            .filter_map(|(module, function)| {
                let code = v8::Local::new(handles, function).create_code_cache()?;
                module.set_compiled(Some(CompiledCode {
                    tag: v8::script_compiler::cached_data_version_tag(),
                    bytes: Arc::from(&**code),
                }));
                Some(module)
            })
            .collect()
    }

    fn collect(&mut self) {
        // V8's compilation cache keeps the code of functions that are gone, through every collection
        // but this one. It takes some 100 ms, so it waits until half of the heap is used.
        let statistics = self.isolate.get_heap_statistics();
        if statistics.used_heap_size() > statistics.heap_size_limit() / 2 {
            self.isolate.low_memory_notification();
        }
    }

    fn interrupter(&self) -> Interrupter {
        Arc::clone(&self.interrupter)
    }
}

impl Drop for V8Engine {
    fn drop(&mut self) {
        // Handles first, and nothing that is still to be ended when the isolate goes.
        self.slot.rejections.borrow_mut().clear();
        self.slot.compiled.borrow_mut().clear();
        self.isolate.remove_slot::<Rc<Slot>>();
        self.isolate.cancel_terminate_execution();
    }
}

extern "C" fn on_rejection(message: v8::PromiseRejectMessage<'_>) {
    // SAFETY: V8 calls this on the isolate's thread, with the isolate entered, as the macro asks.
    v8::callback_scope!(unsafe scope, &message);
    let Some(slot) = scope.get_slot::<Rc<Slot>>().map(Rc::clone) else {
        return;
    };
    let promise = v8::Global::new(scope, message.get_promise());
    let mut rejections = slot.rejections.borrow_mut();
    match message.get_event() {
        v8::PromiseRejectEvent::PromiseRejectWithNoHandler => {
            if let Some(reason) = message.get_value() {
                let reason = v8::Global::new(scope, reason);
                rejections.push((promise, reason));
            }
        }
        v8::PromiseRejectEvent::PromiseHandlerAddedAfterReject => {
            rejections.retain(|(known, _)| *known != promise);
        }
        _ => {}
    }
}

#[expect(unsafe_code, reason = "V8 hands back the pointer that it was given")]
extern "C" fn on_heap_limit(data: *mut c_void, current: usize, _initial: usize) -> usize {
    // SAFETY: it points to the `HeapLimit` of the engine that owns the isolate, which lives in a box
    // of its own for as long, and V8 calls this on the engine's thread.
    let limit = unsafe { &*data.cast_const().cast::<HeapLimit>() };
    limit.reached.set(true);
    limit.handle.terminate_execution();
    // Room to unwind in. The engine is thrown away afterwards.
    current + (current / 2).max(32 << 20)
}

#[expect(clippy::needless_pass_by_value, reason = "V8 calls it like this")]
fn operation(
    scope: &mut v8::PinScope<'_, '_>,
    arguments: v8::FunctionCallbackArguments<'_>,
    mut result: v8::ReturnValue<'_>,
) {
    let index = arguments.data().uint32_value(scope).unwrap_or(u32::MAX);
    let name = usize::try_from(index)
        .ok()
        .and_then(|index| OPERATIONS.get(index));
    let Some((slot, name)) = scope.get_slot::<Rc<Slot>>().map(Rc::clone).zip(name) else {
        return;
    };
    let values: Vec<Value> = (0..arguments.length())
        .map(|at| from_js(scope, arguments.get(at)))
        .collect();
    match slot.host.call(name, &values) {
        Ok(value) => {
            if let Some(value) = to_js(scope, &value) {
                result.set(value);
            }
        }
        Err(error) => throw(scope, &error.message, error.module),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "V8 calls it like this")]
fn compile(
    scope: &mut v8::PinScope<'_, '_>,
    arguments: v8::FunctionCallbackArguments<'_>,
    mut result: v8::ReturnValue<'_>,
) {
    let id = arguments.get(0).to_rust_string_lossy(scope);
    let Some(slot) = scope.get_slot::<Rc<Slot>>().map(Rc::clone) else {
        return;
    };
    let Some(module) = slot.host.loaded(&id) else {
        throw(scope, "this module was not loaded", None);
        return;
    };
    let (parameters, body) = function_of(&module.transformed);
    let tag = v8::script_compiler::cached_data_version_tag();
    let code = module.compiled().filter(|code| code.tag == tag);
    let compiled = compile_function(scope, &module.id, parameters, &body, code.as_ref());
    let Some((function, reused)) = compiled else {
        return;
    };
    let counters = slot.host.counters();
    if reused {
        counters.code_reused.fetch_add(1, Ordering::Relaxed);
    } else {
        counters.compiled.fetch_add(1, Ordering::Relaxed);
        if code.is_some() {
            counters.code_rejected.fetch_add(1, Ordering::Relaxed);
        }
        if module.key.is_some() {
            let function = v8::Global::new(scope, function);
            slot.compiled.borrow_mut().push((module, function));
        }
    }
    result.set(function.into());
}

/// The function, and whether it was made of `code` instead of `body`.
fn compile_function<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    name: &str,
    parameters: &[&str],
    body: &str,
    code: Option<&CompiledCode>,
) -> Option<(v8::Local<'s, v8::Function>, bool)> {
    let name = v8::String::new(scope, name)?;
    let origin = v8::ScriptOrigin::new(
        scope,
        name.into(),
        0,
        0,
        false,
        -1,
        None,
        false,
        false,
        false,
        None,
    );
    let body = v8::String::new(scope, body)?;
    let mut names = Vec::with_capacity(parameters.len());
    for parameter in parameters {
        names.push(v8::String::new(scope, parameter)?);
    }
    let (mut source, options) = match code {
        Some(code) => (
            Source::new_with_cached_data(body, Some(&origin), CachedData::new(&code.bytes)),
            CompileOptions::ConsumeCodeCache,
        ),
        None => (
            Source::new(body, Some(&origin)),
            CompileOptions::NoCompileOptions,
        ),
    };
    let reason = NoCacheReason::NoReason;
    let function = compile_body(scope, &mut source, &names, &[], options, reason)?;
    let reused = source
        .get_cached_data()
        .is_some_and(|code| !code.rejected());
    Some((function, reused))
}

fn throw(scope: &mut v8::PinScope<'_, '_>, message: &str, module: Option<usize>) {
    let Some(message) = v8::String::new(scope, message) else {
        return;
    };
    let error = v8::Exception::error(scope, message);
    if let (Some(module), Ok(object)) = (module, v8::Local::<v8::Object>::try_from(error)) {
        let index =
            v8::Integer::new_from_unsigned(scope, u32::try_from(module).unwrap_or(u32::MAX));
        if let Some(key) = v8::String::new(scope, "mizanModule") {
            object.set(scope, key.into(), index.into());
        }
    }
    scope.throw_exception(error);
}

fn function_named<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    object: v8::Local<'s, v8::Object>,
    name: &str,
) -> Option<v8::Local<'s, v8::Function>> {
    let key = v8::String::new(scope, name)?;
    object.get(scope, key.into())?.try_into().ok()
}

fn describe<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    mizan: v8::Local<'s, v8::Object>,
    thrown: v8::Local<'s, v8::Value>,
) -> Fault {
    let described = function_named(scope, mizan, "describe")
        .and_then(|describe| describe.call(scope, mizan.into(), &[thrown]));
    match described {
        Some(described) => Fault::Thrown(described.to_rust_string_lossy(scope)),
        None => Fault::Interrupted,
    }
}

fn to_js<'s>(scope: &mut v8::PinScope<'s, '_>, value: &Value) -> Option<v8::Local<'s, v8::Value>> {
    Some(match value {
        Value::Undefined => v8::undefined(scope).into(),
        Value::Bool(truth) => v8::Boolean::new(scope, *truth).into(),
        Value::Number(number) => v8::Number::new(scope, *number).into(),
        Value::Text(text) => v8::String::new(scope, text)?.into(),
        Value::Bytes(bytes) => {
            let buffer = buffer_of(scope, bytes)?;
            v8::Uint8Array::new(scope, buffer, 0, bytes.len())?.into()
        }
    })
}

/// A copy of `bytes`, which counts as array buffers of JavaScript's own do.
fn buffer_of<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    bytes: &[u8],
) -> Option<v8::Local<'s, v8::ArrayBuffer>> {
    let buffers = Arc::clone(&scope.get_slot::<Rc<Slot>>()?.buffers);
    if !buffers.allow(bytes.len()) {
        scope.low_memory_notification();
    }
    if !buffers.allow(bytes.len()) {
        let message = v8::String::new(scope, BUFFER_REFUSED)?;
        let error = v8::Exception::range_error(scope, message);
        scope.throw_exception(error);
        return None;
    }
    let buffer = v8::ArrayBuffer::new(scope, bytes.len());
    for (cell, byte) in buffer.get_backing_store().iter().zip(bytes) {
        cell.set(*byte);
    }
    Some(buffer)
}

fn from_js(scope: &mut v8::PinScope<'_, '_>, value: v8::Local<'_, v8::Value>) -> Value {
    if value.is_string() {
        return Value::Text(value.to_rust_string_lossy(scope));
    }
    if value.is_boolean() {
        return Value::Bool(value.is_true());
    }
    if value.is_number() {
        return Value::Number(value.number_value(scope).unwrap_or(f64::NAN));
    }
    if let Ok(view) = v8::Local::<v8::ArrayBufferView>::try_from(value) {
        let mut bytes = vec![0; view.byte_length()];
        let copied = view.copy_contents(&mut bytes);
        bytes.truncate(copied);
        return Value::Bytes(bytes);
    }
    Value::Undefined
}
