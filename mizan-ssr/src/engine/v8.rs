//! The engine V8.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Once};

use bytes::Bytes;
use v8::script_compiler::{
    CachedData, CompileOptions, NoCacheReason, Source, compile_function as compile_body,
};

use self::array_buffers::ArrayBufferMemory;
use super::entry_point::EntryPoint;
use super::host::Host;
use super::host::functions::HOST_FUNCTIONS;
use super::host::value::{HostError, JsValue};
use super::interface::{BUFFER_LIMIT_MESSAGE, Engine, EngineError, Interrupter};
use super::module_function::module_function;
use super::scripts::{MAIN_SCRIPT, SCRIPTS, Script, lazy_script};
use crate::modules::{CompiledCode, Module};

mod array_buffers;

/// One V8 isolate, which threads enter one after the other.
pub(super) struct V8Engine {
    // Fields drop in order: handles before their isolate.
    realm: Option<Realm>,
    state: Rc<IsolateState>,
    /// Held while a thread has entered the isolate.
    lock: Option<v8::Locker<'static>>,
    isolate: v8::SharedIsolate,
    platform: v8::SharedRef<v8::Platform>,
    heap_limit: Box<HeapLimit>,
    interrupter: Interrupter,
}

struct Realm {
    context: v8::Global<v8::Context>,
    entry_points: v8::Global<v8::Object>,
    /// The entry points that have been called.
    functions: Vec<(EntryPoint, v8::Global<v8::Function>)>,
}

/// The state that callbacks, which cannot capture values, read from the isolate.
struct IsolateState {
    host: Rc<Host>,
    rejections: RefCell<Vec<(v8::Global<v8::Promise>, v8::Global<v8::Value>)>>,
    /// The modules compiled from source code since the last save, with their functions.
    compiled: RefCell<Vec<(Arc<Module>, v8::Global<v8::Function>)>>,
    array_buffers: Arc<ArrayBufferMemory>,
}

struct HeapLimit {
    handle: v8::IsolateHandle,
    reached: Cell<bool>,
}

/// Initializes V8, once per process.
pub(super) fn initialize() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Frees garbage buffers at the end of a collection. By default, another thread frees them later, and
        // V8 refuses an allocation whose memory that thread has not freed yet.
        v8::V8::set_flags_from_string("--no-concurrent-array-buffer-sweeping");
        // Otherwise a loop around a builtin that loops itself, such as `fill`, cannot be interrupted.
        v8::V8::set_flags_from_string("--no-turboshaft-loop-unrolling");
        if let Err(code) = v8::icu::set_common_data_78(deno_core_icudata::ICU_DATA) {
            tracing::warn!(
                code,
                "the ICU data does not match V8; Intl is not available"
            );
        }
        // The platform is unprotected: with memory protection keys, the process crashes if the thread that builds a
        // renderer is not an ancestor of all render threads (denoland/deno_core#1091).
        let platform = v8::new_unprotected_default_platform(0, false).make_shared();
        v8::V8::initialize_platform(platform);
        v8::V8::initialize();
    });
}

/// Identifies the version and the flags of V8.
pub(super) fn code_tag() -> u32 {
    v8::script_compiler::cached_data_version_tag()
}

impl V8Engine {
    pub(super) fn start(host: &Rc<Host>, heap_limit_bytes: usize) -> Result<Self, EngineError> {
        initialize();
        let array_buffers = ArrayBufferMemory::new(heap_limit_bytes);
        let params = v8::CreateParams::default()
            .heap_limits(0, heap_limit_bytes)
            // At most three half-spaces of 32 MB, so that the collector does not move the objects of a large
            // page before they become garbage.
            .set_max_young_generation_size_in_bytes((96 << 20).min(heap_limit_bytes / 8 * 3))
            .array_buffer_allocator(array_buffers.allocator());
        let mut isolate = v8::Isolate::new(params);
        isolate.set_microtasks_policy(v8::MicrotasksPolicy::Explicit);
        isolate.set_promise_reject_callback(on_rejection);
        let state = Rc::new(IsolateState {
            host: Rc::clone(host),
            rejections: RefCell::default(),
            compiled: RefCell::default(),
            array_buffers,
        });
        isolate.set_slot(Rc::clone(&state));
        let heap_limit = Box::new(HeapLimit {
            handle: isolate.thread_safe_handle(),
            reached: Cell::new(false),
        });
        let data: *const HeapLimit = &raw const *heap_limit;
        isolate.add_near_heap_limit_callback(on_heap_limit, data.cast_mut().cast());
        let handle = isolate.thread_safe_handle();
        #[expect(
            unsafe_code,
            reason = "V8 cannot check that the state of an isolate may change threads"
        )]
        // SAFETY: the isolate's slot, its callbacks and the heap limit are parts of this engine, which `IdleIsolate`
        // moves to another thread only as a whole; the allocator is thread-safe. There are no `Global::open`
        // references.
        let isolate = unsafe { isolate.try_into_shared() };
        let isolate = isolate.map_err(|error| EngineError::Failed(error.to_string()))?;
        let mut engine = Self {
            realm: None,
            state,
            lock: None,
            isolate,
            platform: v8::V8::get_current_platform(),
            heap_limit,
            interrupter: Arc::new(move || {
                handle.terminate_execution();
            }),
        };
        engine.enter();
        engine.create_realm()?;
        Ok(engine)
    }

    /// Creates a context, evaluates the scripts in it and stores the entry points.
    fn create_realm(&mut self) -> Result<(), EngineError> {
        v8::scope!(let handles, entered(&mut self.lock)?);
        let context = v8::Context::new(handles, v8::ContextOptions::default());
        let scope = &mut v8::ContextScope::new(handles, context);
        v8::tc_scope!(let scope, scope);
        let Some(entry_points) = run_scripts(scope) else {
            let reason = match scope.exception() {
                Some(exception) => exception.to_rust_string_lossy(scope),
                None => "they were interrupted".into(),
            };
            return Err(EngineError::Failed(format!(
                "the renderer's scripts failed: {reason}"
            )));
        };
        self.realm = Some(Realm {
            context: v8::Global::new(scope, context),
            entry_points: v8::Global::new(scope, entry_points),
            functions: Vec::new(),
        });
        Ok(())
    }

    /// Returns the reason for which running code was terminated.
    fn termination_cause(&self) -> EngineError {
        if self.heap_limit.reached.get() {
            EngineError::OutOfMemory
        } else {
            EngineError::Interrupted
        }
    }
}

/// Returns the isolate that the calling thread has entered.
fn entered<'a>(
    lock: &'a mut Option<v8::Locker<'static>>,
) -> Result<&'a mut v8::Isolate, EngineError> {
    match lock {
        Some(lock) => Ok(lock),
        None => Err(EngineError::Failed(
            "no thread has entered the isolate".into(),
        )),
    }
}

impl Engine for V8Engine {
    fn enter(&mut self) {
        let lock = self.isolate.lock();
        #[expect(unsafe_code, reason = "a field cannot borrow from another field")]
        // SAFETY: the lock has its own reference to the isolate. The lifetime only keeps `self.isolate` alive, which
        // is dropped after the lock.
        let lock = unsafe { std::mem::transmute::<v8::Locker<'_>, v8::Locker<'static>>(lock) };
        self.lock = Some(lock);
    }

    fn leave(&mut self) -> bool {
        self.lock = None;
        true
    }

    fn call(
        &mut self,
        entry_point: EntryPoint,
        arguments: &[JsValue],
    ) -> Result<JsValue, EngineError> {
        let Some(realm) = &mut self.realm else {
            return Err(EngineError::Failed("the realm was not created".into()));
        };
        let result = {
            v8::scope!(let handles, entered(&mut self.lock)?);
            let context = v8::Local::new(handles, &realm.context);
            let scope = &mut v8::ContextScope::new(handles, context);
            v8::tc_scope!(let scope, scope);
            // V8 walks the stack to capture the location of an exception, which nothing here reads. React
            // throws for each part that suspends.
            scope.set_capture_message(false);
            let entry_points = v8::Local::new(scope, &realm.entry_points);
            let result = (|| {
                let mut functions = realm.functions.iter();
                let function = match functions.find(|(known, _)| *known == entry_point) {
                    Some((_, function)) => v8::Local::new(scope, function),
                    None => {
                        let function = function_named(scope, entry_points, entry_point.name())?;
                        let global = v8::Global::new(scope, function);
                        realm.functions.push((entry_point, global));
                        function
                    }
                };
                let mut values = [v8::undefined(scope).into(); EntryPoint::MAX_ARGUMENTS];
                for (value, argument) in values.iter_mut().zip(arguments) {
                    *value = to_js(scope, argument)?;
                }
                function.call(scope, entry_points.into(), &values[..arguments.len()])
            })();
            match result {
                Some(value) => Some(Ok(from_js(scope, value))),
                None if scope.has_terminated() => None,
                None => {
                    let exception = scope.exception();
                    scope.reset();
                    exception.map(|exception| Err(describe(scope, entry_points, exception)))
                }
            }
        };
        result.unwrap_or_else(|| Err(self.termination_cause()))
    }

    fn run_microtasks(&mut self) -> Result<(), EngineError> {
        let Some(realm) = &self.realm else {
            return Ok(());
        };
        let terminated = {
            v8::scope!(let handles, entered(&mut self.lock)?);
            let context = v8::Local::new(handles, &realm.context);
            let scope = &mut v8::ContextScope::new(handles, context);
            v8::tc_scope!(let scope, scope);
            scope.perform_microtask_checkpoint();
            scope.has_terminated() || scope.is_execution_terminating()
        };
        if terminated {
            Err(self.termination_cause())
        } else {
            Ok(())
        }
    }

    fn run_idle_tasks(&mut self) -> Result<(), EngineError> {
        // Most of these tasks collect young objects before their space is full, and few objects are alive now.
        // `js/globals.js` removes the features with which a task could run code of modules.
        let isolate = entered(&mut self.lock)?;
        while v8::Platform::pump_message_loop(&self.platform, isolate, false) {}
        if self.heap_limit.reached.get() {
            Err(EngineError::OutOfMemory)
        } else {
            Ok(())
        }
    }

    fn take_unhandled_rejections(&mut self) -> Vec<String> {
        let rejections = self.state.rejections.take();
        let (Some(realm), false) = (&self.realm, rejections.is_empty()) else {
            return Vec::new();
        };
        let Ok(isolate) = entered(&mut self.lock) else {
            return Vec::new();
        };
        v8::scope!(let handles, isolate);
        let context = v8::Local::new(handles, &realm.context);
        let scope = &mut v8::ContextScope::new(handles, context);
        v8::tc_scope!(let scope, scope);
        let entry_points = v8::Local::new(scope, &realm.entry_points);
        rejections
            .iter()
            .filter_map(|(_, reason)| {
                let reason = v8::Local::new(scope, reason);
                match describe(scope, entry_points, reason) {
                    EngineError::Exception(described) => Some(described),
                    _ => None,
                }
            })
            .collect()
    }

    fn reset_realm(&mut self) -> Result<(), EngineError> {
        self.realm = None;
        self.state.rejections.borrow_mut().clear();
        self.create_realm()
    }

    fn take_compiled_modules(&mut self) -> Vec<Arc<Module>> {
        let compiled = self.state.compiled.take();
        if compiled.is_empty() {
            return Vec::new();
        }
        let Ok(isolate) = entered(&mut self.lock) else {
            return Vec::new();
        };
        v8::scope!(let handles, isolate);
        compiled
            .into_iter()
            .filter_map(|(module, function)| {
                let code = v8::Local::new(handles, function).create_code_cache()?;
                module.set_compiled(Some(CompiledCode {
                    tag: code_tag(),
                    bytes: Bytes::copy_from_slice(&code),
                }));
                Some(module)
            })
            .collect()
    }

    fn collect_garbage(&mut self) {
        // Only this kind of collection frees the code of unreachable functions from V8's compilation cache.
        // It takes about 100 ms, so it runs only if half of the heap is used.
        let Ok(isolate) = entered(&mut self.lock) else {
            return;
        };
        let statistics = isolate.get_heap_statistics();
        if statistics.used_heap_size() > statistics.heap_size_limit() / 2 {
            isolate.low_memory_notification();
        }
    }

    fn interrupter(&self) -> Interrupter {
        Arc::clone(&self.interrupter)
    }
}

impl Drop for V8Engine {
    fn drop(&mut self) {
        // Handles must be dropped before the isolate, and no termination may be pending.
        self.state.rejections.borrow_mut().clear();
        self.state.compiled.borrow_mut().clear();
        self.isolate
            .thread_safe_handle()
            .cancel_terminate_execution();
    }
}

extern "C" fn on_rejection(message: v8::PromiseRejectMessage<'_>) {
    // SAFETY: V8 calls this function on the isolate's thread with the isolate entered, as the macro requires.
    v8::callback_scope!(unsafe scope, &message);
    let Some(state) = scope.get_slot::<Rc<IsolateState>>().map(Rc::clone) else {
        return;
    };
    let promise = v8::Global::new(scope, message.get_promise());
    let mut rejections = state.rejections.borrow_mut();
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

#[expect(unsafe_code, reason = "V8 passes back the pointer given to it")]
extern "C" fn on_heap_limit(data: *mut c_void, current: usize, _initial: usize) -> usize {
    // SAFETY: `data` points to the boxed `HeapLimit` of the engine that owns the isolate, which lives as long
    // as the isolate, and V8 calls this function on the engine's thread.
    let limit = unsafe { &*data.cast_const().cast::<HeapLimit>() };
    limit.reached.set(true);
    limit.handle.terminate_execution();
    // The new limit lets the code continue until it stops. The engine is dropped afterwards.
    current + (current / 2).max(32 << 20)
}

/// Evaluates the scripts in the current context and returns the entry points.
fn run_scripts<'s>(scope: &mut v8::PinScope<'s, '_>) -> Option<v8::Local<'s, v8::Object>> {
    let host = v8::Object::new(scope);
    for (index, host_function) in HOST_FUNCTIONS.iter().enumerate() {
        let index = v8::Integer::new(scope, i32::try_from(index).ok()?);
        let function = v8::Function::builder(call_host_function)
            .data(index.into())
            .build(scope)?;
        set_property(scope, host, host_function.name, function.into())?;
    }
    let function = v8::Function::builder(compile_module).build(scope)?;
    set_property(scope, host, "compileModule", function.into())?;
    let function = v8::Function::builder(evaluate_script).build(scope)?;
    set_property(scope, host, "evaluateScript", function.into())?;
    let function = v8::Function::builder(async_context).build(scope)?;
    set_property(scope, host, "asyncContext", function.into())?;
    let function = v8::Function::builder(set_async_context).build(scope)?;
    set_property(scope, host, "setAsyncContext", function.into())?;
    let scripts = v8::Object::new(scope);
    for script in SCRIPTS {
        let function = evaluate(scope, script)?;
        set_property(scope, scripts, script.name, function.into())?;
    }
    let main = evaluate(scope, &MAIN_SCRIPT)?;
    let receiver = v8::undefined(scope).into();
    main.call(scope, receiver, &[host.into(), scripts.into()])?
        .try_into()
        .ok()
}

/// Evaluates a script, whose value is a function.
fn evaluate<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    script: &Script,
) -> Option<v8::Local<'s, v8::Function>> {
    let origin = script_origin(scope, script.file)?;
    let source = v8::String::new(scope, script.source)?;
    let script = v8::Script::compile(scope, source, Some(&origin))?;
    script.run(scope)?.try_into().ok()
}

fn set_property(
    scope: &mut v8::PinScope<'_, '_>,
    object: v8::Local<'_, v8::Object>,
    name: &str,
    value: v8::Local<'_, v8::Value>,
) -> Option<()> {
    let key = v8::String::new(scope, name)?;
    object.set(scope, key.into(), value).map(drop)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature of a V8 callback"
)]
fn call_host_function(
    scope: &mut v8::PinScope<'_, '_>,
    arguments: v8::FunctionCallbackArguments<'_>,
    mut result: v8::ReturnValue<'_>,
) {
    let index = arguments.data().uint32_value(scope).unwrap_or(u32::MAX);
    let index = usize::try_from(index).ok();
    let function = index.and_then(|index| HOST_FUNCTIONS.get(index));
    let state = scope.get_slot::<Rc<IsolateState>>().map(Rc::clone);
    let Some((state, function)) = state.zip(function) else {
        return;
    };
    let values: Vec<JsValue> = (0..arguments.length())
        .map(|at| from_js(scope, arguments.get(at)))
        .collect();
    match function.call(&state.host, &values) {
        Ok(value) => {
            if let Some(value) = to_js(scope, &value) {
                result.set(value);
            }
        }
        Err(error) => throw(scope, &error),
    }
}

/// Evaluates one of the scripts that are loaded on demand.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature of a V8 callback"
)]
fn evaluate_script(
    scope: &mut v8::PinScope<'_, '_>,
    arguments: v8::FunctionCallbackArguments<'_>,
    mut result: v8::ReturnValue<'_>,
) {
    let name = arguments.get(0).to_rust_string_lossy(scope);
    let Some(script) = lazy_script(&name) else {
        throw(scope, &HostError::new(format!("there is no script {name}")));
        return;
    };
    if let Some(function) = evaluate(scope, script) {
        result.set(function.into());
    }
}

/// Returns the value that V8 passes on from the code that creates a promise to its reactions.
fn async_context(
    scope: &mut v8::PinScope<'_, '_>,
    _arguments: v8::FunctionCallbackArguments<'_>,
    mut result: v8::ReturnValue<'_>,
) {
    result.set(scope.get_continuation_preserved_embedder_data());
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature of a V8 callback"
)]
fn set_async_context(
    scope: &mut v8::PinScope<'_, '_>,
    arguments: v8::FunctionCallbackArguments<'_>,
    _result: v8::ReturnValue<'_>,
) {
    scope.set_continuation_preserved_embedder_data(arguments.get(0));
}

/// Compiles the function of a module, from stored code if V8 accepts it.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature of a V8 callback"
)]
fn compile_module(
    scope: &mut v8::PinScope<'_, '_>,
    arguments: v8::FunctionCallbackArguments<'_>,
    mut result: v8::ReturnValue<'_>,
) {
    let id = arguments.get(0).to_rust_string_lossy(scope);
    let Some(state) = scope.get_slot::<Rc<IsolateState>>().map(Rc::clone) else {
        return;
    };
    let Some(module) = state.host.loaded_module(&id) else {
        throw(scope, &HostError::new("the module is not loaded".into()));
        return;
    };
    let (parameters, body) = module_function(&module.transformed);
    let tag = code_tag();
    let code = module.compiled().filter(|code| code.tag == tag);
    let compiled = compile_function(scope, &module.id, parameters, body, code.as_ref());
    let Some((function, reused)) = compiled else {
        return;
    };
    let counters = state.host.loader().counters();
    if reused {
        counters.code_reused.fetch_add(1, Ordering::Relaxed);
    } else {
        counters.compiled.fetch_add(1, Ordering::Relaxed);
        if code.is_some() {
            counters.code_rejected.fetch_add(1, Ordering::Relaxed);
        }
        if module.cache_key.is_some() {
            let function = v8::Global::new(scope, function);
            state.compiled.borrow_mut().push((module, function));
        }
    }
    result.set(function.into());
}

/// Compiles a function. The second value tells whether V8 accepted `code` in place of `body`.
fn compile_function<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    file: &str,
    parameters: &[&str],
    body: Cow<'static, str>,
    code: Option<&CompiledCode>,
) -> Option<(v8::Local<'s, v8::Function>, bool)> {
    let origin = script_origin(scope, file)?;
    let body = match body {
        // V8 refers to the text instead of copying it. It reads the bytes as Latin-1.
        Cow::Borrowed(body) if body.is_ascii() => {
            v8::String::new_external_onebyte_static(scope, body.as_bytes())?
        }
        body => v8::String::new(scope, &body)?,
    };
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

fn script_origin<'s>(scope: &mut v8::PinScope<'s, '_>, file: &str) -> Option<v8::ScriptOrigin<'s>> {
    let file = v8::String::new(scope, file)?;
    Some(v8::ScriptOrigin::new(
        scope,
        file.into(),
        0,
        0,
        false,
        -1,
        None,
        false,
        false,
        false,
        None,
    ))
}

fn throw(scope: &mut v8::PinScope<'_, '_>, error: &HostError) {
    let Some(message) = v8::String::new(scope, &error.message) else {
        return;
    };
    let exception = if error.is_syntax_error {
        v8::Exception::syntax_error(scope, message)
    } else {
        v8::Exception::error(scope, message)
    };
    let index = error.module_error;
    if let (Some(index), Ok(object)) = (index, v8::Local::<v8::Object>::try_from(exception)) {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        let index = v8::Integer::new_from_unsigned(scope, index);
        set_property(scope, object, "mizanModule", index.into());
    }
    scope.throw_exception(exception);
}

fn function_named<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    object: v8::Local<'s, v8::Object>,
    name: &str,
) -> Option<v8::Local<'s, v8::Function>> {
    let key = v8::String::new(scope, name)?;
    object.get(scope, key.into())?.try_into().ok()
}

/// Converts an exception to the form of `describeError`.
fn describe<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    entry_points: v8::Local<'s, v8::Object>,
    exception: v8::Local<'s, v8::Value>,
) -> EngineError {
    let described = function_named(scope, entry_points, EntryPoint::DescribeError.name())
        .and_then(|describe| describe.call(scope, entry_points.into(), &[exception]));
    match described {
        Some(described) => EngineError::Exception(described.to_rust_string_lossy(scope)),
        None => EngineError::Interrupted,
    }
}

fn to_js<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    value: &JsValue,
) -> Option<v8::Local<'s, v8::Value>> {
    Some(match value {
        JsValue::Undefined => v8::undefined(scope).into(),
        JsValue::Bool(boolean) => v8::Boolean::new(scope, *boolean).into(),
        JsValue::Number(number) => v8::Number::new(scope, *number).into(),
        JsValue::Text(text) => v8::String::new(scope, text)?.into(),
        JsValue::Bytes(bytes) => {
            let buffer = array_buffer(scope, bytes)?;
            v8::Uint8Array::new(scope, buffer, 0, bytes.len())?.into()
        }
    })
}

/// Copies `bytes` to an array buffer, whose memory counts towards the limit.
fn array_buffer<'s>(
    scope: &mut v8::PinScope<'s, '_>,
    bytes: &[u8],
) -> Option<v8::Local<'s, v8::ArrayBuffer>> {
    let state = Rc::clone(scope.get_slot::<Rc<IsolateState>>()?);
    let memory = &state.array_buffers;
    if !memory.allows(bytes.len()) {
        scope.low_memory_notification();
    }
    if !memory.allows(bytes.len()) {
        let message = v8::String::new(scope, BUFFER_LIMIT_MESSAGE)?;
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

fn from_js(scope: &mut v8::PinScope<'_, '_>, value: v8::Local<'_, v8::Value>) -> JsValue {
    if value.is_string() {
        return JsValue::Text(value.to_rust_string_lossy(scope));
    }
    if value.is_boolean() {
        return JsValue::Bool(value.is_true());
    }
    if value.is_number() {
        return JsValue::Number(value.number_value(scope).unwrap_or(f64::NAN));
    }
    if let Ok(view) = v8::Local::<v8::ArrayBufferView>::try_from(value) {
        let mut bytes = vec![0; view.byte_length()];
        let copied = view.copy_contents(&mut bytes);
        bytes.truncate(copied);
        return JsValue::Bytes(bytes);
    }
    JsValue::Undefined
}
