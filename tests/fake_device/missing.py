"""What NumPy has and CuPy has not; a test compares both with the installed CuPy."""

FUNCTIONS = frozenset(
    """
    False_ ScalarType True_ __array_namespace_info__ asmatrix block bmat busday_count busday_offset busdaycalendar
    bytes_ char character clongdouble complex256 core ctypeslib datetime64 datetime_as_string datetime_data dtypes
    einsum_path emath errstate f2py flexible float128 frompyfunc fromregex geomspace get_include getbufsize geterr
    geterrcall histogram_bin_edges info insert is_busday isnat little_endian longdouble ma matrix matvec memmap
    nanpercentile nanquantile ndenumerate nditer nested_iters object_ polyder polydiv polyint rec recarray record
    sctypeDict setbufsize seterr seterrcall show_runtime spacing str_ strings test timedelta64 typecodes unstack
    vecdot vecmat void
    """.split()
)

METHODS = frozenset("ctypes getfield resize setfield setflags to_device".split())
