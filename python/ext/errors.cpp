#include "errors.hpp"

#include <nanobind/nanobind.h>

#include <exception>
#include <utility>

#include "eckart/error.hpp"

namespace eckart::python {
namespace {

namespace nb = nanobind;

using Fields = std::initializer_list<std::pair<const char*, nb::object>>;

// Sets Python's error to an instance of the named class. Nothing is thrown: a translator must not.
void set_error(const char* name, const Error& error, const Fields& fields = {}) {
  const nb::object type = nb::module_::import_("eckart._errors").attr(name);
  const nb::object instance = type(nb::str(error.what()));
  for (const auto& [field, value] : fields) nb::setattr(instance, field, value);
  PyErr_SetObject(type.ptr(), instance.ptr());
}

void translate(const std::exception_ptr& pointer, void*) {
  try {
    std::rethrow_exception(pointer);
  } catch (const NonFiniteInput& error) {
    set_error("NonFiniteInput", error,
              {{"row", nb::int_(error.row())},
               {"col", nb::int_(error.col())},
               {"value", nb::float_(error.value())}});
  } catch (const InvalidArgument& error) {
    set_error("InvalidArgument", error);
  } catch (const Overflow& error) {
    set_error("Overflow", error);
  } catch (const MemoryLimit& error) {
    set_error("MemoryLimit", error,
              {{"needed_bytes", nb::int_(error.needed_bytes())},
               {"cap_bytes", nb::int_(error.cap_bytes())}});
  } catch (const IoError& error) {
    set_error("FileError", error);
  } catch (const Error& error) {
    set_error("Error", error);
  }
}

}  // namespace

void register_errors() { nb::register_exception_translator(translate); }

}  // namespace eckart::python
