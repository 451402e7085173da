# The Debian package of a folder as it is to be installed: `cpack --config cpack.cmake -B WHERE`, with
# DFIX_TREE (the folder) and DFIX_VERSION in the environment. What the programs are linked to, dpkg-shlibdeps finds.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME dfix)
set(CPACK_PACKAGE_VERSION $ENV{DFIX_VERSION})
set(CPACK_PACKAGE_FILE_NAME dfix)
set(CPACK_PACKAGE_VENDOR dfix)
set(CPACK_INSTALLED_DIRECTORIES "$ENV{DFIX_TREE};/")
set(CPACK_INCLUDE_TOPLEVEL_DIRECTORY OFF)
set(CPACK_SET_DESTDIR OFF)
set(CPACK_PACKAGING_INSTALL_PREFIX /)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "gpgv, ca-certificates")
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "dfix <dfix@localhost>")
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "fixes Dockerfiles")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "Finds what is wrong with Dockerfiles and writes the patch: versions pinned from
the signed package index, base images from approved mirrors, a user that is not
root, upgrades narrowed to what needs one.")
set(CPACK_PACKAGE_DESCRIPTION "${CPACK_DEBIAN_PACKAGE_DESCRIPTION}")
